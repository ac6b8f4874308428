"""One file, one family of ecosystems that order versions alike: copy a neighbour."""
