"""Log source → events."""
