"""What can be looked at for packages. One file, one kind of target: copy a neighbour."""
