"""Findings → actions and evidence."""
