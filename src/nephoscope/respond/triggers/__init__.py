"""One file, one trigger: copy a neighbour. They are off until a configuration switches them on."""
