"""A small AWS on this machine that logs like the real one, with a company and incidents in it."""
