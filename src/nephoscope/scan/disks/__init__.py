"""Disks read from their bytes, by us and without mounting: device → partitions → file system → files.

Whatever a disk says is hostile: every number is checked against the device, chains are bounded, and what cannot be
read is a DiskError that says where.
"""
