"""One file, one publisher's own format of advisories: a function that turns its content into OSV's shape."""
