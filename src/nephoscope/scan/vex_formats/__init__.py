"""One file, one format of VEX: a function of the file's name that reads a document's statements."""
