"""More kinds of tests: packages, units, kernel modules, the kernel's command line, PAM, audit rules."""

from __future__ import annotations

from typing import NamedTuple

from nephoscope.agent.host import Unreadable
from nephoscope.agent.kinds import NOTHING, OFF, Facts, NotApplicable, Wanted

MOST_DEEP = 8


class Package(NamedTuple):
    """Whether one of these packages is installed (names differ between distributions)."""

    names: tuple[str, ...]
    installed: bool

    def failure(self, facts: Facts) -> str:
        found = [name for name in self.names if name in facts.packages()]
        if self.installed:
            return "" if found else "%s is not installed" % " or ".join(self.names)
        return "%s is installed" % ", ".join(found) if found else ""

    def fix(self) -> str:
        if self.installed:
            return "Install %s." % self.names[0]
        return "Remove %s, or accept what needs it with a waiver." % " and ".join(self.names)


class UnitState(NamedTuple):
    """Whether one of these units is started at boot."""

    names: tuple[str, ...]
    enabled: bool

    def failure(self, facts: Facts) -> str:
        found = [facts.units()[name] for name in self.names if name in facts.units()]
        on = [unit for unit in found if unit.state not in OFF]
        if self.enabled:
            said = ", ".join("%s is %s" % (unit.name, unit.state) for unit in found)
            return "" if on else said or "%s is not installed" % " or ".join(self.names)
        return ", ".join("%s is %s" % (unit.name, unit.state) for unit in on)

    def fix(self) -> str:
        return "systemctl %s %s" % ("enable --now" if self.enabled else "mask --now", " ".join(self.names))


class ModuleOff(NamedTuple):
    """A kernel module is neither loaded nor loadable: it is not there, or modprobe runs nothing in its place."""

    module: str

    def failure(self, facts: Facts) -> str:
        module = self.module.replace("-", "_")
        try:
            if module in facts.modules():
                return "%s is loaded" % self.module
        except Unreadable as error:
            if not error.absent:
                raise
            raise NotApplicable("this kernel loads no modules") from error
        if module in facts.built_in():
            return "%s is built into the kernel" % self.module
        if module not in facts.loadable():
            return ""
        for _, line in facts.modprobe():
            words = line.split()
            if (
                len(words) > 2
                and words[0] == "install"
                and words[1].replace("-", "_") == module
                and words[2] in NOTHING
            ):
                return ""
        return "%s can be loaded" % self.module

    def fix(self) -> str:
        return "Write `install %s /bin/false` to a file of /etc/modprobe.d, and unload it." % self.module


class KernelArgument(NamedTuple):
    """The running kernel was started with `name=value`; values empty: with `name` alone."""

    name: str
    values: tuple[str, ...]

    def failure(self, facts: Facts) -> str:
        given = [word.partition("=") for word in facts.host.text("/proc/cmdline", 1 << 16).split()]
        found = [value for name, _, value in given if name == self.name]
        if not found:
            return "the kernel was started without %s" % self.name
        if self.values and found[-1] not in self.values:
            return "the kernel was started with %s=%s" % (self.name, found[-1])
        return ""

    def fix(self) -> str:
        value = "=%s" % self.values[0] if self.values else ""
        return "Add %s%s to the kernel's command line in the boot loader's configuration, and reboot." % (
            self.name,
            value,
        )


class Pam(NamedTuple):
    """A PAM module is in the stack of one of these services, with an argument as wanted if one is named.

    services: alternatives; the first that is there is judged. type: auth, account, password or session.
    """

    services: tuple[str, ...]
    type: str
    modules: tuple[str, ...]
    argument: str = ""
    wanted: Wanted | None = None
    absent: bool = False

    def failure(self, facts: Facts) -> str:
        service = next((name for name in self.services if facts.host.exists("/etc/pam.d/" + name)), "")
        if not service:
            raise NotApplicable("there is no PAM service %s" % " or ".join(self.services))
        lines = [line for line in stack(facts, service, self.type, 0) if line[0] in self.modules]
        if self.argument and self.absent:
            found = [module for module, arguments in lines if self.argument in _arguments(arguments)]
            return "%s has %s in %s" % (found[0], self.argument, service) if found else ""
        if not lines:
            return "%s has no %s for %s" % (service, " or ".join(self.modules), self.type)
        return self._argument_failure(lines, service) if self.argument else ""

    def _argument_failure(self, lines: list[tuple[str, list[str]]], service: str) -> str:
        values = [_arguments(arguments).get(self.argument) for _, arguments in lines]
        found = [value for value in values if value is not None]
        if not found:
            return "%s has no %s in %s" % (" or ".join(self.modules), self.argument, service)
        wrong = [value for value in found if self.wanted is not None and not self.wanted.holds(value)]
        return "%s is %s in %s" % (self.argument, wrong[0], service) if wrong else ""

    def fix(self) -> str:
        said = " with %s%s" % (self.argument, " %s" % str(self.wanted) if self.wanted else "") if self.argument else ""
        verb = "Take" if self.absent else "Put"
        return "%s %s%s for %s, in /etc/pam.d/%s." % (verb, self.modules[0], said, self.type, self.services[0])


def stack(facts: Facts, service: str, kind: str, depth: int) -> list[tuple[str, list[str]]]:
    """(module, arguments) of a service for a type, with what it includes. Source: pam.conf(5)"""
    if depth > MOST_DEEP:
        raise Unreadable("/etc/pam.d/" + service, "includes are nested more than %d deep" % MOST_DEEP)
    found: list[tuple[str, list[str]]] = []
    for _, line in facts.lines(("/etc/pam.d/" + service,)):
        words = line.split()
        if words[0] == "@include" and len(words) > 1:
            found.extend(stack(facts, words[1], kind, depth + 1))
            continue
        if words[0].lstrip("-") != kind or len(words) < 3:
            continue
        if words[1] in ("include", "substack"):
            found.extend(stack(facts, words[2], kind, depth + 1))
            continue
        rest = line.split("]", 1)[1].split() if words[1].startswith("[") and "]" in line else words[2:]
        if rest:
            found.append((rest[0].rpartition("/")[2], rest[1:]))
    return found


def _arguments(words: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in words)}


class AuditWatch(NamedTuple):
    """auditd's rules watch a path for writing and changes of attributes."""

    path: str
    permissions: str = "wa"

    def failure(self, facts: Facts) -> str:
        if not facts.host.exists("/etc/audit"):
            return "auditd is not installed"
        for _, line in facts.audit():
            words = line.split()
            path = _after(words, "-w") or _field(words, "path=") or _field(words, "dir=")
            allowed = _after(words, "-p") or _field(words, "perm=")
            if path.rstrip("/") == self.path.rstrip("/") and set(self.permissions) <= set(allowed):
                return ""
        return "no audit rule watches %s for %s" % (self.path, self.permissions)

    def fix(self) -> str:
        return "Add `-w %s -p %s` to a file of /etc/audit/rules.d, and load it with augenrules." % (
            self.path,
            self.permissions,
        )


class AuditSyscalls(NamedTuple):
    """auditd's rules record these system calls, in one rule or several."""

    syscalls: tuple[str, ...]

    def failure(self, facts: Facts) -> str:
        if not facts.host.exists("/etc/audit"):
            return "auditd is not installed"
        watched: set[str] = set()
        for _, line in facts.audit():
            words = line.split()
            if words[0] == "-a" and len(words) > 1 and "always" in words[1].split(","):
                for place, word in enumerate(words[:-1]):
                    if word == "-S":
                        watched.update(words[place + 1].split(","))
        missing = [name for name in self.syscalls if name not in watched]
        return "no audit rule records %s" % ", ".join(missing) if missing and "all" not in watched else ""

    def fix(self) -> str:
        return "Add `-a always,exit -F arch=b64 -S %s` to a file of /etc/audit/rules.d." % ",".join(self.syscalls)


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1] if option in words[:-1] else ""


def _field(words: list[str], prefix: str) -> str:
    return next((word[len(prefix) :] for word in words if word.startswith(prefix)), "")
