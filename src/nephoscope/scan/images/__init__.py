"""A container image as a file → its manifest, its layers, one merged file tree; nothing is unpacked where it says."""
