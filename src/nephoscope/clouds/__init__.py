"""How the outside is reached: the only SDK imports, inside functions."""
