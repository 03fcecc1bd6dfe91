"""A town hall that is not there: councillors, a focus, a Jibri, a public server. The demo, training and tests use it."""
