"""One file, one rule: copy a neighbour."""
