"""Where facts and decisions are kept: the only SQL."""
