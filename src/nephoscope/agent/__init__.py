"""What runs on a host, or looks at one from outside: a file tree → what is installed.

Python 3.8 and its standard library only, so that any host's own Python runs it.
"""
