"""Findings → other tools and people: `exporters/` send what changed, `formats/` write files of what there is."""
