"""A file tree → its packages. One file, one kind of package database: copy a neighbour."""
