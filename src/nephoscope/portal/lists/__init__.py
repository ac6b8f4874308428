"""What each list of the API holds: its fields, where its rows lie, how they are shown."""
