"""One file, one scanner's report: a function of the file's name that reads what it says of targets."""
