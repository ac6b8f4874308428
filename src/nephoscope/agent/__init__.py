"""A host's facts, log lines and benchmark results → the gateway. Standard library only; ships as one file."""

VERSION = "0.1.0"  # of the agent; tests hold it equal to the package's
