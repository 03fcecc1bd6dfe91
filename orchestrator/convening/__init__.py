"""What surrounds a call before it is on the record: read from a form, checked against law and calendar. Pure."""
