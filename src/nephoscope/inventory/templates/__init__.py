"""Templates, before they are deployed → items."""

from nephoscope.inventory.templates.reading import read

__all__ = ["read"]
