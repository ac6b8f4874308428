"""READ FIRST: each arrow of the picture is one file here, and its class's methods are its rounds.

 LOGS      collect ───► events ────► detect ──┐
            │             │ write events      ├──► findings ──► export ──► other tools, people
            └─► hours     │                   │
 CLOUDS    inventory ◄────┘                   │
           inventory ─► items ─────► assess ──┤      └──► respond ──► actions + evidence
 PACKAGES  advisories ──────────────► scan ───┤
 HOSTS     fleet ─► uploads ──────────────────┘   (their log lines: a source of LOGS)

`logs` and `hours` are the arrows of one source, `items` that of all accounts, `responses` goes from findings to actions
and evidence, `vulnerabilities` from packages and advisories to findings; `feeds` brings advisories,
`surroundings` and `exposure` say where packages are, `judging` what is urgent there,
`vex` brings what vendors say of it, `reports` what other scanners found;
`vulnerability_rows` gives what is written as files.
`fleet` lets host agents in, `uploads` goes from what they tell to tables, packages and findings, `host_logs` to events,
`integrity` from changes of their files to findings and approvals,
`agentless` goes from the disks of instances and images to packages, `functions` from code and layers,
`presence` from hosts and items to agents that are silent and instances that have none.
`schedules` records what is due and chooses its targets, `schedule_changes` what changes set off; `schedule_work` does
their jobs, each as `schedule_kinds` says; `schedule_preview` tells beforehand.
`waiting` lies between logs and items, `backlog` between who lists older logs and who reads them.
`silence` notices a source that has gone quiet, `retention` deletes what is kept no longer, `rehearsal` plays a trigger
against history. `notices` goes from findings to one receiver. `watch` starts them.
Slices compute, this moves, `keep` records, the store keeps. A crash repeats, never skips.
"""

from nephoscope.pipeline.hours import Hours
from nephoscope.pipeline.items import Items, Key
from nephoscope.pipeline.logs import Logs
from nephoscope.pipeline.responses import Responses
from nephoscope.pipeline.waiting import Waiting

__all__ = ["Hours", "Items", "Key", "Logs", "Responses", "Waiting"]
