"""Packages, where they are, and what is known to be wrong with them."""
