"""Nephoscope watches clouds: what is in them, what happens in them, what is weak in them."""

__version__ = "0.1.0"
