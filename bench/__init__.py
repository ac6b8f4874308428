"""The measured claims, each one a command: `python -m bench NAME`."""
