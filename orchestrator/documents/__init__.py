"""What a secretary takes away from a session."""
