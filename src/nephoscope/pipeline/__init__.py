"""READ FIRST: each arrow of the picture is one file here, and its class's methods are its rounds.

 LOGS      collect ───► events ────► detect ──┐
            │             │ write events      ├──► findings ──► export ──► other tools, people
            └─► hours     │                   │
 CLOUDS    inventory ◄────┘                   │
           inventory ─► items ─────► assess ──┘

`logs` and `hours` are the arrows of one source, `items` that of all accounts, `notices` that of one exporter; `watch`
starts them.
Slices compute, this moves, `keep` records, the store keeps. A crash repeats, never skips.
"""

from nephoscope.pipeline.hours import Hours
from nephoscope.pipeline.items import Items, Key
from nephoscope.pipeline.logs import Logs

__all__ = ["Hours", "Items", "Key", "Logs"]
