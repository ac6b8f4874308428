"""Packages and advisories → which package has which vulnerability."""
