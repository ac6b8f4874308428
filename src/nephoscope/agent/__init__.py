"""A file tree → records, digests, a manifest. Standard library only, Python 3.8 upwards: hosts run it as it is."""
