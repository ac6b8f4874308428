"""One file, one exporter: copy a neighbour. Named for destination and format; its class's fields are its settings."""
