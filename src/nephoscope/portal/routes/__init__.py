"""One file, one resource: its `router` is found by its place in the tree."""
