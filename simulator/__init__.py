"""A town hall that is not there: councillors, a focus, a Jibri, a public server. For demo, training and tests."""
