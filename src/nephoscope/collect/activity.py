"""What kind of activity an operation is, by the verb in its name.

Source: OCSF 1.6, API Activity 6003 (activity_id), Authentication 3002.
"""

from __future__ import annotations

import re

API_ACTIVITY, AUTHENTICATION, NETWORK_ACTIVITY = 6003, 3002, 4001
LOGON, LOGOFF = 1, 2
CREATE, READ, UPDATE, DELETE, OTHER = 1, 2, 3, 4, 99
UNKNOWN, SUCCESS, FAILURE = 0, 1, 2
VERBS = {
    CREATE: "create run put allocate add attach associate register import request copy issue generate upload invite",
    READ: "get list describe head lookup search query scan select view check batch download preview read access fetch",
    UPDATE: "update modify set change replace rotate enable disable start stop reboot tag untag restore reset edit "
    "write rename transfer regenerate approve",
    DELETE: "delete terminate remove detach disassociate deregister release revoke cancel purge destroy",
}
ACTIVITY_OF_VERB = {verb: activity for activity, verbs in VERBS.items() for verb in verbs.split()}
WORD = re.compile(r"[A-Z]?[a-z]+")


def activity_of(verb: str) -> int:
    """The activity of a verb in lower case; Other for one that says neither of create, read, update, delete."""
    return ACTIVITY_OF_VERB.get(verb, OTHER)


def leading_activity(operation: str) -> int:
    """The activity of an operation whose verb comes first: `DescribeInstances`, `BatchGetItem`."""
    words = [word.lower() for word in WORD.findall(operation)[:2]]
    if words[:1] in (["batch"], ["admin"]) and len(words) > 1:
        words = words[1:]
    return activity_of(words[0]) if words else OTHER
