"""systemd's unit files → what is enabled, masked or neither, without asking systemd.

Source: systemd.unit(5) "Unit File Load Path", systemctl(1) "is-enabled"
"""

from __future__ import annotations

from typing import NamedTuple

from nephoscope.agent.host import Host, Unreadable

FOLDERS = (  # the first that has a unit wins
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
LINKERS = ("/etc/systemd/system", "/run/systemd/system")
KINDS = (".service", ".socket", ".timer", ".path", ".mount", ".automount", ".target")
KEPT = ("ExecStart", "User", "OnCalendar", "OnBootSec", "OnUnitActiveSec", "ListenStream", "Unit")


class Unit(NamedTuple):
    """state: enabled, disabled, static (nothing to enable it by), masked, linked. settings: {key: values in order}."""

    name: str
    path: str
    state: str
    settings: dict[str, list[str]]


def units(host: Host) -> dict[str, Unit]:
    """{name: unit}. Raises Unreadable where a folder or a unit cannot be read, or no folder is there at all."""
    files = _files(host)
    if not files:
        raise Unreadable("/usr/lib/systemd/system", "no folder of unit files is there", absent=True)
    wanted = _wanted(host)
    return {name: _unit(host, name, path, wanted) for name, path in sorted(files.items())}


def _files(host: Host) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for name in host.names_if_any(folder):
            if name.endswith(KINDS):
                found.setdefault(name, "%s/%s" % (folder, name))
    return found


def _wanted(host: Host) -> dict[str, str]:
    """{unit: what pulls it in}, from the links in *.wants and *.requires of the folders that enabling writes to."""
    found: dict[str, str] = {}
    for folder in LINKERS:
        for name in host.names_if_any(folder):
            if name.endswith((".wants", ".requires")):
                for unit in host.names_if_any("%s/%s" % (folder, name)):
                    found.setdefault(unit, name)
    return found


def _unit(host: Host, name: str, path: str, wanted: dict[str, str]) -> Unit:
    target = _target(host, path)
    if target == "/dev/null":
        return Unit(name, path, "masked", {})
    if target and target.rpartition("/")[2] != name:  # an alias that enabling made
        return Unit(name, path, "enabled" if path.startswith(LINKERS) else "alias", {})
    try:
        settings = parse(host.text(path, 1 << 20))
    except Unreadable as error:
        if not error.absent:
            raise
        return Unit(name, path, "linked to what is not there", {})
    template = name.replace("@.", "@")
    is_wanted = name in wanted or any("@" in one and _template(one) == template for one in wanted)
    if is_wanted:
        return Unit(name, path, "enabled", _kept(settings))
    installs = any(section == "Install" for section, _ in settings)
    return Unit(name, path, "disabled" if installs else "static", _kept(settings))


def _template(instance: str) -> str:
    before, _, after = instance.partition("@")
    return "%s@%s" % (before, after.rpartition(".")[2])


def _target(host: Host, path: str) -> str:
    try:
        return host.link(path)
    except Unreadable:
        return ""


def _kept(settings: list[tuple[str, tuple[str, str]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, (key, value) in settings:
        if key in KEPT and value:
            found.setdefault(key, []).append(value)
    return found


def parse(text: str) -> list[tuple[str, tuple[str, str]]]:
    """A unit file's settings in order: (section, (key, value)); continued lines are joined, comments left out."""
    found: list[tuple[str, tuple[str, str]]] = []
    section, held = "", ""
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        line = held + line
        if line.endswith("\\"):
            held = line[:-1] + " "
            continue
        held = ""
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            found.append((section, ("", "")))
        elif "=" in line:
            key, _, value = line.partition("=")
            found.append((section, (key.strip(), value.strip())))
    return found
