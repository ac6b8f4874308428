"""One file, one action: copy a neighbour."""
