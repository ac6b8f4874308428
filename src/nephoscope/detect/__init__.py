"""Events → findings."""
