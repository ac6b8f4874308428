"""One file, one format: a function of the file's name that turns findings into the bytes of a file, piece by piece."""
