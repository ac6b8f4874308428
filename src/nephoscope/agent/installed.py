"""Which packages are installed, by name only: dpkg's status file, or what rpm itself answers.

The package readers of the inventory know more (versions, owners of files) and any database; this is only what a
benchmark asks. rpm is run with fixed arguments, for the running system only.
"""

from __future__ import annotations

import os
import subprocess

from nephoscope.agent.host import Host, Unreadable

DPKG = "/var/lib/dpkg/status"
RPM = "/usr/bin/rpm"
WITHIN_S = 60


def names(host: Host, rpm: str = RPM) -> set[str]:
    """Names of installed packages. Raises Unreadable where neither database can be read."""
    try:
        return _dpkg(host)
    except Unreadable as error:
        if not error.absent:
            raise
    if host.root != "/":
        raise Unreadable("/var/lib/rpm", "an rpm database is asked through rpm, of the running system only")
    return _rpm(rpm)


def _dpkg(host: Host) -> set[str]:
    found: set[str] = set()
    name = ""
    for line in host.lines(DPKG, 128 << 20):
        if line.startswith("Package: "):
            name = line[9:].strip()
        elif line.startswith("Status: ") and line.endswith(" installed"):
            found.add(name)
    if not found:
        raise Unreadable(DPKG, "holds no installed package")
    return found


def _rpm(rpm: str) -> set[str]:
    if not os.path.exists(rpm):
        raise Unreadable(rpm, "there is neither dpkg's status file nor rpm")
    command = [rpm, "--query", "--all", "--queryformat", "%{NAME}\\n"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=WITHIN_S, env={"LC_ALL": "C"}, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(rpm, str(error)) from error
    found = set(done.stdout.decode("utf-8", "backslashreplace").split())
    if done.returncode or not found:
        raise Unreadable(rpm, done.stderr.decode("utf-8", "backslashreplace").strip()[:500] or "names no package")
    return found
