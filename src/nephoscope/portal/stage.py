"""The sandbox's incidents, played from the portal; there are none where accounts are configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.coverage import Playing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nephoscope.portal.caller import Caller


def incidents(me: Caller) -> Sequence[Mapping[str, Any]]:
    """What can be played, by those who may."""
    return me.portal.stage.incidents() if me.portal.stage and me.may(Permission.PLAY) else ()


def play(me: Caller, name: str) -> Playing:
    """Let an incident begin. Raises `not-found` without a sandbox, `conflict` while one plays."""
    stage = me.portal.stage
    if stage is None or name not in {each["name"] for each in stage.incidents()}:
        raise ProblemError("not-found", "No sandbox runs that could play this")
    if not stage.play(name):
        raise ProblemError("conflict", "An incident is playing already")
    return Playing(name=name)
