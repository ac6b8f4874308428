"""The commands: one file each, named as the packages they call."""
