"""Stores → the public API, its sign-in, its live stream, and the built client."""
