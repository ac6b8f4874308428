"""Clouds and templates → items."""
