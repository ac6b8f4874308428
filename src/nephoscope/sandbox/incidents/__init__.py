"""One file, one incident: a plain script of AWS calls, as the attacker makes them. Copy a neighbour."""
