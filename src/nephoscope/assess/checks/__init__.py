"""One file, one check: copy a neighbour."""
