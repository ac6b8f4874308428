"""The host benchmark: declared checks → pass, fail, unknown or not applicable, each with its reason.

A check names one thing that is true when it passes, and the one test that tells. What cannot be read makes it unknown.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, NamedTuple

from nephoscope.agent import checks
from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.kinds import Facts, NotApplicable, Test
from nephoscope.agent.tables.os import release

DEBIAN, UBUNTU, RHEL, AMAZON = "debian", "ubuntu", "rhel", "amazon"
FAMILIES = (DEBIAN, UBUNTU, RHEL, AMAZON)
LIKE_DEBIAN, LIKE_RHEL = (DEBIAN, UBUNTU), (RHEL, AMAZON)
IDS = {"debian": DEBIAN, "ubuntu": UBUNTU, "amzn": AMAZON}
IDS.update(dict.fromkeys(("rhel", "centos", "rocky", "almalinux", "ol"), RHEL))


class Check(NamedTuple):
    """name: what is true when it passes; title: the same as a sentence; why: what follows if it is not."""

    name: str
    title: str
    why: str
    test: Test
    families: tuple[str, ...] = FAMILIES


class Result(NamedTuple):
    """result: pass, fail, unknown or not_applicable."""

    name: str
    result: str
    reason: str


def known() -> dict[str, Check]:
    """{name: check}, as the folder holds them."""
    found: dict[str, Check] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(checks.__path__)):
        for check in importlib.import_module("%s.%s" % (checks.__name__, module)).CHECKS:
            found[check.name] = check
    return found


def family(host: Host) -> str:
    """The family of distributions; empty for one the benchmark does not know. Raises Unreadable."""
    told = release(host)
    for each in [told.get("ID", ""), *told.get("ID_LIKE", "").split()]:
        if each in IDS:
            return IDS[each]
    return ""


def run(host: Host, names: list[str]) -> list[Result]:
    """The results of the named checks, of all where the only name is `all`, in order of their names."""
    those = known()
    wanted = sorted(those) if names == ["all"] else sorted(set(names))
    facts = Facts(host)
    try:
        found = family(host)
    except Unreadable as error:
        return [Result(name, "unknown", str(error)) for name in wanted]
    return [_result(name, those.get(name), found, facts) for name in wanted]


def _result(name: str, check: Check | None, found: str, facts: Facts) -> Result:
    if check is None:
        return Result(name, "unknown", "this agent knows no such check")
    if found not in check.families:
        return Result(name, "not_applicable", "it is for %s" % ", ".join(check.families))
    try:
        failed = check.test.failure(facts)
    except NotApplicable as reason:
        return Result(name, "not_applicable", str(reason))
    except Unreadable as error:
        return Result(name, "unknown", str(error))
    except Exception as error:  # noqa: BLE001 - boundary: one check; the others go on
        return Result(name, "unknown", "%s: %s" % (type(error).__name__, error))
    return Result(name, "fail", failed) if failed else Result(name, "pass", check.title)


def catalogue() -> list[dict[str, Any]]:
    """Every check with its texts, for documentation and for the gateway."""
    return [
        {
            "name": check.name,
            "title": check.title,
            "why": check.why,
            "fix": check.test.fix(),
            "families": list(check.families),
        }
        for _, check in sorted(known().items())
    ]
