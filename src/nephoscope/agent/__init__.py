"""A host's facts, logs, checks and files → what a gateway, or a check, is told. Standard library only, one file."""

VERSION = "0.1.0"  # of the agent; tests hold it equal to the package's
