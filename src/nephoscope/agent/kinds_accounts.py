"""The kind of test that asks about accounts: an enumerated rule over passwd, shadow, group and homes."""

from __future__ import annotations

import stat
from typing import Callable, Iterable, NamedTuple

from nephoscope.agent.accounts import User
from nephoscope.agent.host import Unreadable
from nephoscope.agent.kinds import Facts

NO_LOGIN = ("/sbin/nologin", "/usr/sbin/nologin", "/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true")
MAY_STAY = ("root", "sync", "shutdown", "halt")
FIRST_UID, NOBODY = 1000, 65534
SHOWN = 10


class AccountRule(NamedTuple):
    """rule: one of RULES; number: for those that compare with one."""

    rule: str
    number: int = 0

    def failure(self, facts: Facts) -> str:
        wrong = list(RULES[self.rule][0](facts, self.number))
        more = " and %d more" % (len(wrong) - SHOWN) if len(wrong) > SHOWN else ""
        return "; ".join(wrong[:SHOWN]) + more

    def fix(self) -> str:
        text = RULES[self.rule][1]
        return text % self.number if "%d" in text else text


def _people(facts: Facts) -> list[User]:
    """Accounts that somebody may log in with, root left out."""
    return [user for user in facts.users() if FIRST_UID <= user.uid != NOBODY and user.shell not in NO_LOGIN]


def _root_only(facts: Facts, _: int) -> Iterable[str]:
    return ("%s has uid 0" % user.name for user in facts.users() if user.uid == 0 and user.name != "root")


def _root_group(facts: Facts, _: int) -> Iterable[str]:
    return ("root's group is %d" % user.gid for user in facts.users() if user.name == "root" and user.gid != 0)


def _shadowed(facts: Facts, _: int) -> Iterable[str]:
    return ("%s keeps its password in passwd" % user.name for user in facts.users() if user.password != "x")


def _no_empty(facts: Facts, _: int) -> Iterable[str]:
    empty = [user.name for user in facts.users() if user.password == ""]
    empty += [name for name, secret in facts.secrets().items() if secret.state == "empty"]
    return ("%s has an empty password" % name for name in empty)


def _twice(found: Iterable[str], what: str) -> Iterable[str]:
    seen: set[str] = set()
    for each in found:
        if each in seen:
            yield "%s %s is there twice" % (what, each)
        seen.add(each)


def _unique_uids(facts: Facts, _: int) -> Iterable[str]:
    return _twice((str(user.uid) for user in facts.users()), "uid")


def _unique_users(facts: Facts, _: int) -> Iterable[str]:
    return _twice((user.name for user in facts.users()), "account")


def _unique_gids(facts: Facts, _: int) -> Iterable[str]:
    return _twice((str(group.gid) for group in facts.groups()), "gid")


def _unique_groups(facts: Facts, _: int) -> Iterable[str]:
    return _twice((group.name for group in facts.groups()), "group")


def _groups_exist(facts: Facts, _: int) -> Iterable[str]:
    gids = {group.gid for group in facts.groups()}
    return (
        "%s is in group %d, which is not there" % (user.name, user.gid)
        for user in facts.users()
        if user.gid not in gids
    )


def _shadow_group_empty(facts: Facts, _: int) -> Iterable[str]:
    for group in facts.groups():
        if group.name == "shadow":
            yield from ("%s is in the group shadow" % name for name in group.members)
            yield from ("%s has the group shadow" % user.name for user in facts.users() if user.gid == group.gid)


def _system_cannot_log_in(facts: Facts, _: int) -> Iterable[str]:
    for user in facts.users():
        is_system = user.uid < FIRST_UID or user.uid == NOBODY
        if is_system and user.name not in MAY_STAY and user.shell not in NO_LOGIN:
            yield "%s has the shell %s" % (user.name, user.shell or "/bin/sh")


def _system_locked(facts: Facts, _: int) -> Iterable[str]:
    secrets = facts.secrets()
    for user in facts.users():
        secret = secrets.get(user.name)
        if user.uid < FIRST_UID and user.name != "root" and secret is not None and secret.state == "set":
            yield "%s has a password" % user.name


def _homes_exist(facts: Facts, _: int) -> Iterable[str]:
    for user in _people(facts):
        if not facts.host.exists(user.home):
            yield "%s has no folder %s" % (user.name, user.home)


def _homes_private(facts: Facts, _: int) -> Iterable[str]:
    for user, path, mode, owner in _home_entries(facts, ("",)):
        if mode & 0o027:
            yield "%s has mode %04o" % (path, mode)
        if owner != user.uid:
            yield "%s belongs to user %d, not to %s" % (path, owner, user.name)


def _ssh_private(facts: Facts, _: int) -> Iterable[str]:
    for _user, path, mode, _owner in _home_entries(facts, ("/.ssh", "/.ssh/authorized_keys", "/.ssh/id_rsa")):
        if mode & 0o022 or (path.endswith("id_rsa") and mode & 0o077):
            yield "%s has mode %04o" % (path, mode)


def _no_trust_files(facts: Facts, _: int) -> Iterable[str]:
    names = ("/.rhosts", "/.shosts", "/.forward", "/.netrc")
    return ("%s is there" % path for _user, path, _mode, _owner in _home_entries(facts, names))


def _home_entries(facts: Facts, names: tuple[str, ...]) -> Iterable[tuple[User, str, int, int]]:
    for user in _people(facts):
        for name in names:
            path = user.home.rstrip("/") + name
            try:
                status = facts.host.status(path)
            except Unreadable as error:
                if error.absent:
                    continue
                raise
            yield user, path, stat.S_IMODE(status.st_mode), status.st_uid


def _most_days(facts: Facts, number: int) -> Iterable[str]:
    for name, secret in facts.secrets().items():
        if secret.state == "set" and not 0 < (secret.most_days or 0) <= number:
            yield "%s may keep its password %s days" % (name, secret.most_days if secret.most_days else "any number of")


def _least_days(facts: Facts, number: int) -> Iterable[str]:
    for name, secret in facts.secrets().items():
        if secret.state == "set" and (secret.least_days or 0) < number:
            yield "%s may change its password after %d days" % (name, secret.least_days or 0)


def _warn_days(facts: Facts, number: int) -> Iterable[str]:
    for name, secret in facts.secrets().items():
        if secret.state == "set" and (secret.warn_days or 0) < number:
            yield "%s is warned %d days before" % (name, secret.warn_days or 0)


def _strong_hash(facts: Facts, _: int) -> Iterable[str]:
    for name, secret in facts.secrets().items():
        if secret.state == "set" and secret.algorithm not in (
            "sha512",
            "yescrypt",
            "gost-yescrypt",
            "bcrypt",
            "scrypt",
        ):
            yield "%s's password is hashed by %s" % (name, secret.algorithm or "nothing that is known")


Rule = Callable[[Facts, int], Iterable[str]]
RULES: dict[str, tuple[Rule, str]] = {
    "only_root_has_uid_0": (_root_only, "Give the account another uid, or remove it."),
    "root_has_gid_0": (_root_group, "usermod -g 0 root"),
    "passwords_are_shadowed": (_shadowed, "pwconv"),
    "no_password_is_empty": (_no_empty, "Lock the account (passwd -l), or set a password."),
    "uids_are_unique": (_unique_uids, "Give each account its own uid, and its files to it."),
    "user_names_are_unique": (_unique_users, "Remove the second account."),
    "gids_are_unique": (_unique_gids, "Give each group its own gid."),
    "group_names_are_unique": (_unique_groups, "Remove the second group."),
    "groups_exist": (_groups_exist, "Create the group, or give the account another."),
    "shadow_group_is_empty": (_shadow_group_empty, "Take the accounts out of the group shadow."),
    "system_accounts_cannot_log_in": (_system_cannot_log_in, "usermod -s /usr/sbin/nologin for each."),
    "system_accounts_have_no_password": (_system_locked, "passwd -l for each."),
    "homes_exist": (_homes_exist, "Create the folder, owned by its account, or remove the account."),
    "homes_are_private": (_homes_private, "chown each home to its account, and chmod 0750."),
    "ssh_folders_are_private": (_ssh_private, "chmod go-w the folder and its files, and 0600 private keys."),
    "homes_hold_no_trust_files": (_no_trust_files, "Remove .rhosts, .shosts, .forward and .netrc."),
    "passwords_expire": (_most_days, "chage --maxdays %d for each."),
    "passwords_last": (_least_days, "chage --mindays %d for each."),
    "expiry_is_warned_of": (_warn_days, "chage --warndays %d for each."),
    "password_hashes_are_strong": (
        _strong_hash,
        "Set ENCRYPT_METHOD to yescrypt or SHA512, and have passwords changed.",
    ),
}
