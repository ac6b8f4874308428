"""The kinds of tests that a check can be made of. A test holds data only; `failure` says what is wrong, or nothing.

`failure` raises NotApplicable where the question does not arise, and Unreadable where it cannot be answered.
"""

from __future__ import annotations

import stat
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from nephoscope.agent import accounts, installed, sshd, units
from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.tables import mounts, sudoers

SYSCTL = ("/usr/lib/sysctl.d/*.conf", "/run/sysctl.d/*.conf", "/etc/sysctl.d/*.conf")
MODPROBE = ("/usr/lib/modprobe.d/*.conf", "/lib/modprobe.d/*.conf", "/run/modprobe.d/*.conf", "/etc/modprobe.d/*.conf")
NOTHING = ("/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false")
OFF = ("disabled", "masked", "static", "linked to what is not there")


class NotApplicable(Exception):
    """The question does not arise on this host; the text says why."""


class Facts:
    """What tests ask of a host, each read once per run of the benchmark."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.sshd = lru_cache(1)(lambda: sshd.config(host))
        self.units = lru_cache(1)(lambda: units.units(host))
        self.packages = lru_cache(1)(lambda: installed.names(host))
        self.mounts = lru_cache(1)(lambda: {row["mount_point"]: row for row in mounts.rows(host)})
        self.users = lru_cache(1)(lambda: accounts.users(host))
        self.groups = lru_cache(1)(lambda: accounts.groups(host))
        self.secrets = lru_cache(1)(lambda: accounts.secrets(host))
        self.sysctls = lru_cache(1)(self._sysctls)
        self.modprobe = lru_cache(1)(lambda: self.lines(MODPROBE))
        self.modules = lru_cache(1)(self._modules)
        self.built_in = lru_cache(1)(lambda: self._module_list("modules.builtin"))
        self.loadable = lru_cache(1)(lambda: self._module_list("modules.dep"))
        self.audit = lru_cache(1)(lambda: self.lines(("/etc/audit/rules.d/*.rules", "/etc/audit/audit.rules")))
        self.sudo = lru_cache(1)(lambda: sudoers.rows(host))

    def lines(self, patterns: tuple[str, ...]) -> list[tuple[str, str]]:
        """(place, line) of the files that patterns name, comments and empty lines left out. Raises Unreadable."""
        found: list[tuple[str, str]] = []
        for path in (path for pattern in patterns for path in self.host.glob(pattern)):
            for number, line in enumerate(self.host.lines(path), 1):
                text = line.strip()
                if text and not text.startswith(("#", ";")):
                    found.append(("%s:%d" % (path, number), text))
        return found

    def _sysctls(self) -> dict[str, tuple[str, str]]:
        """{key: (value, place)} as set at boot: files by name, a name in /etc before the same elsewhere."""
        files = {path.rpartition("/")[2]: path for pattern in SYSCTL for path in self.host.glob(pattern)}
        ordered = [files[name] for name in sorted(files)] + self.host.glob("/etc/sysctl.conf")
        found: dict[str, tuple[str, str]] = {}
        for path in ordered:
            for place, line in self.lines((path,)):
                key, sign, value = line.partition("=")
                if sign:
                    name = key.strip().lstrip("-").replace("/", ".")
                    found[name] = (" ".join(value.split()), place)
        return found

    def _modules(self) -> set[str]:
        return {line.split()[0].replace("-", "_") for line in self.host.lines("/proc/modules") if line.strip()}

    def _module_list(self, name: str) -> set[str]:
        folder = "/lib/modules/" + self.host.text("/proc/sys/kernel/osrelease", 4096).strip()
        found: set[str] = set()
        for line in self.host.lines("%s/%s" % (folder, name), 16 << 20):
            file = line.split(":")[0].strip().rpartition("/")[2]
            found.add(file.partition(".ko")[0].replace("-", "_"))
        return found


class Test(Protocol):
    """One test. Its fields are its data."""

    def failure(self, facts: Facts) -> str:
        """What is wrong; empty if nothing is."""
        ...

    def fix(self) -> str:
        """What to do."""
        ...


class Wanted(NamedTuple):
    """What a value has to be. how: is, one_of, none_of (of a comma list), at_least, at_most, zero_or_at_least,
    between, is_set.
    """

    how: str
    value: Any = None

    def holds(self, text: str) -> bool:
        """Whether a value is as wanted; one that is no number is not, where a number is."""
        if self.how == "is_set":
            return bool(text) and text.lower() != "none"
        if self.how == "none_of":
            return not {part.strip().lower() for part in text.split(",")} & set(self.value)
        if self.how in ("is", "one_of"):
            return text.lower() in ((self.value,) if self.how == "is" else self.value)
        if self.how == "zero_or_at_least" and text.lower() in ("0", "never"):
            return True
        number = _number(text)
        if number is None:
            return False
        least, most = {
            "at_least": (self.value, None),
            "zero_or_at_least": (self.value, None),
            "at_most": (None, self.value),
        }.get(self.how, self.value)
        return (least is None or number >= least) and (most is None or number <= most)

    def __str__(self) -> str:
        if self.how == "is_set":
            return "something"
        if self.how in ("one_of", "none_of"):
            return ("one of " if self.how == "one_of" else "none of ") + ", ".join(self.value)
        if self.how == "between":
            return "between %s and %s" % self.value
        return str(self.value) if self.how == "is" else "%s %s" % (self.how.replace("_", " "), self.value)


def _number(text: str) -> int | None:
    """A number, as sshd and login.defs write them; 2m is 120."""
    units_s = {"s": 1, "m": 60, "h": 3600}
    factor = units_s.get(text[-1:].lower(), 0)
    digits = text[:-1] if factor else text
    try:
        return int(digits, 8 if len(digits) > 1 and digits.startswith("0") else 10) * (factor or 1)
    except ValueError:
        return None


class Sysctl(NamedTuple):
    """A kernel parameter as it runs, and as the files set it at boot where any does."""

    key: str
    values: tuple[str, ...]

    def failure(self, facts: Facts) -> str:
        try:
            running = " ".join(facts.host.text("/proc/sys/" + self.key.replace(".", "/"), 4096).split())
        except Unreadable as error:
            if error.absent:
                raise NotApplicable("this kernel has no %s" % self.key) from error
            raise
        if running not in self.values:
            return "%s is %s" % (self.key, running)
        value, place = facts.sysctls().get(self.key, ("", ""))
        if place and value not in self.values:
            return "%s runs as %s, but %s sets it to %s at boot" % (self.key, running, place, value)
        return ""

    def fix(self) -> str:
        return "Set %s = %s in a file of /etc/sysctl.d, and apply it with sysctl --system." % (self.key, self.values[0])


class MountPoint(NamedTuple):
    """A folder is a file system of its own."""

    point: str

    def failure(self, facts: Facts) -> str:
        return "" if self.point in facts.mounts() else "%s is no file system of its own" % self.point

    def fix(self) -> str:
        return "Give %s a volume of its own (or a tmpfs, for temporary files)." % self.point


class MountOption(NamedTuple):
    """A file system is mounted with an option."""

    point: str
    option: str

    def failure(self, facts: Facts) -> str:
        mount = facts.mounts().get(self.point)
        if mount is None:
            raise NotApplicable("%s is no file system of its own" % self.point)
        return "" if self.option in mount["options"] else "%s is mounted without %s" % (self.point, self.option)

    def fix(self) -> str:
        return "Add %s to the options of %s in /etc/fstab or its mount unit, and remount." % (self.option, self.point)


class FileMode(NamedTuple):
    """Files have no more permission bits than these, and these owners. pattern: a path or a pattern of paths."""

    pattern: str
    mode: int
    groups: tuple[str, ...] = ("root",)
    owner: int | None = 0

    def failure(self, facts: Facts) -> str:
        paths = facts.host.glob(self.pattern)
        if not paths:
            raise NotApplicable("%s is not there" % self.pattern)
        gids = {group.gid for group in facts.groups() if group.name in self.groups} | {0}
        return "; ".join(said for said in (self._one(facts, path, gids) for path in paths) if said)

    def _one(self, facts: Facts, path: str, gids: set[int]) -> str:
        status = facts.host.status(path)
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            return ""  # a link to /dev/null masks a unit
        mode = stat.S_IMODE(status.st_mode)
        if mode & ~self.mode:
            return "%s has mode %04o" % (path, mode)
        if self.owner is not None and status.st_uid != self.owner:
            return "%s belongs to user %d" % (path, status.st_uid)
        return "" if status.st_gid in gids else "%s belongs to group %d" % (path, status.st_gid)

    def fix(self) -> str:
        return "chown root:%s and chmod %04o %s." % (self.groups[0], self.mode, self.pattern)


class FileSetting(NamedTuple):
    """A setting in files of `key value` or `key = value` lines. default: what holds where none sets it; None: nothing,
    which is a failure. Where none of the files is there, what they configure is not either.

    first_wins: of several settings the first holds, else the last.
    """

    patterns: tuple[str, ...]
    key: str
    wanted: Wanted
    default: str | None = None
    first_wins: bool = False

    def failure(self, facts: Facts) -> str:
        if not any(facts.host.glob(pattern) for pattern in self.patterns):
            raise NotApplicable("%s is not there" % " or ".join(self.patterns))
        found = [each for each in map(self._value, facts.lines(self.patterns)) if each]
        if found:
            place, value = found[0] if self.first_wins else found[-1]
            return "" if self.wanted.holds(value) else "%s sets %s to %s" % (place, self.key, value or "nothing")
        if self.default is None:
            return "%s is not set in %s" % (self.key, " or ".join(self.patterns))
        return "" if self.wanted.holds(self.default) else "%s is not set; its default is %s" % (self.key, self.default)

    def _value(self, each: tuple[str, str]) -> tuple[str, str] | None:
        place, line = each
        before, sign, after = line.partition("=")
        name, value = (before, after) if sign and before.strip().lower() == self.key.lower() else _words(line)
        if name.strip().lower() != self.key.lower():
            return None
        return place, value.strip().rstrip(";").strip("\"'").strip()

    def fix(self) -> str:
        return "Set %s to %s in %s." % (self.key, self.wanted, self.patterns[0])


def _words(line: str) -> tuple[str, str]:
    parts = line.split(None, 1)
    return parts[0], parts[1] if len(parts) > 1 else ""


class SshdOption(NamedTuple):
    """An option of the SSH server, as it holds for everybody and in every Match block that sets it."""

    option: str
    wanted: Wanted

    def failure(self, facts: Facts) -> str:
        try:
            config = facts.sshd()
        except Unreadable as error:
            if error.absent and error.path == sshd.CONFIG:
                raise NotApplicable("there is no SSH server: %s" % error) from error
            raise
        try:
            value, where = config.value(self.option)
        except KeyError:
            return "" if self.wanted.how == "none_of" else "%s is not set" % self.option
        if not self.wanted.holds(value):
            return "%s is %s (%s)" % (self.option, value, where)
        for each in config.in_match(self.option):
            if not self.wanted.holds(each.value):
                return "%s is %s for Match %s (%s)" % (self.option, each.value, each.match, each.where)
        return ""

    def fix(self) -> str:
        return "Set %s to %s in /etc/ssh/sshd_config, above any Match, and reload sshd." % (self.option, self.wanted)


class SudoDefault(NamedTuple):
    """A `Defaults` of sudo. absent: it has to be off instead."""

    option: str
    absent: bool = False

    def failure(self, facts: Facts) -> str:
        rows = facts.sudo()
        if not rows:
            raise NotApplicable("sudo is not installed")
        unread = [row for row in rows if "cause" in row]
        if unread:
            raise Unreadable(unread[0]["path"], unread[0]["cause"])
        found = [row for row in rows if row["kind"] == "default" and self._sets(row["text"])]
        if self.absent:
            return "%s:%d: %s" % (found[0]["path"], found[0]["line"], found[0]["text"]) if found else ""
        return "" if found else "no Defaults sets %s" % self.option

    def _sets(self, text: str) -> bool:
        options = [part.strip() for part in text.partition(" ")[2].split(",")]
        return any(part == self.option or part.partition("=")[0].strip() == self.option for part in options)

    def fix(self) -> str:
        return "%s `Defaults %s` with visudo." % ("Remove" if self.absent else "Add", self.option)
