"""The API: one file a subject, each with its models, its handlers and its rows of the route table."""
