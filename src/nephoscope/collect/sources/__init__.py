"""One file, one log source: copy a neighbour."""
