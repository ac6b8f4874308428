"""For every kind of test: the files of a host on which it passes, and of one on which it fails."""

import os
from functools import singledispatch

from nephoscope.agent.kinds import FileMode, FileSetting, MountOption, MountPoint, SshdOption, SudoDefault, Sysctl
from nephoscope.agent.kinds_accounts import AccountRule
from nephoscope.agent.kinds_system import AuditSyscalls, AuditWatch, KernelArgument, ModuleOff, Package, Pam, UnitState

RELEASE = "6.1.0-1-amd64"
SERVICE = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n"
HASH = f"$6$salt${'h' * 86}"


def value(wanted, good):
    """A value that is as wanted, or one that is not."""
    if wanted.how == "is_set":
        return "/etc/issue.net" if good else "none"
    if wanted.how == "none_of":
        return "strong,other" if good else f"strong,{wanted.value[0]}"
    if wanted.how in ("is", "one_of"):
        first = wanted.value if wanted.how == "is" else wanted.value[0]
        return first if good else "neither"
    if wanted.how in ("at_least", "zero_or_at_least"):
        return str(wanted.value if good else wanted.value - 1)
    if wanted.how == "at_most":
        return str(wanted.value if good else wanted.value + 1)
    return str(wanted.value[0] if good else wanted.value[1] + 1)


@singledispatch
def files(test, good):
    """{path: content}; content None makes a link to nowhere, (content, mode) sets a mode."""
    raise NotImplementedError(type(test))


@files.register
def _(test: Sysctl, good):
    return {"/proc/sys/" + test.key.replace(".", "/"): test.values[0] if good else "999"}


@files.register
def _(test: MountPoint, good):
    return {"/proc/1/mountinfo": mount(test.point if good else "/elsewhere", "rw")}


@files.register
def _(test: MountOption, good):
    return {"/proc/1/mountinfo": mount(test.point, f"rw,{test.option}" if good else "rw")}


def mount(point, options):
    return f"1 0 8:1 / {point} {options} - ext4 /dev/x rw\n"


@files.register
def _(test: FileMode, good):
    groups = f"root:x:{os.getgid()}:\n"
    path = test.pattern.replace("*", "a")
    return {"/etc/group": groups, path: (groups, test.mode if good else 0o777)}


@files.register
def _(test: FileSetting, good):
    wanted = value(test.wanted, good)
    path = test.patterns[0].replace("*", "a")
    text = f'{test.key} "{wanted}";' if "::" in test.key else f"{test.key} = {wanted}" if wanted else test.key
    return {path: f"# a comment\nother = 1\n{text}\n"}


@files.register
def _(test: SshdOption, good):
    return {"/etc/ssh/sshd_config": f"Port 22\n{test.option} {value(test.wanted, good)}\n"}


@files.register
def _(test: SudoDefault, good):
    has = good != test.absent
    option = test.option if "=" in test.option or test.option != "logfile" else 'logfile="/var/log/sudo.log"'
    return {"/etc/sudoers": "root ALL=(ALL) ALL\n" + (f"Defaults env_reset, {option}\n" if has else "")}


@files.register
def _(test: Package, good):
    name = test.names[-1] if good == test.installed else "base-files"
    return {"/var/lib/dpkg/status": f"Package: {name}\nStatus: install ok installed\n\n"}


@files.register
def _(test: UnitState, good):
    name = test.names[0]
    found = {f"/usr/lib/systemd/system/{name}": SERVICE}
    if good == test.enabled:
        found[f"/etc/systemd/system/multi-user.target.wants/{name}"] = None
    return found


@files.register
def _(test: ModuleOff, good):
    folder = f"/lib/modules/{RELEASE}"
    found = {
        "/proc/sys/kernel/osrelease": RELEASE,
        "/proc/modules": "ext4 1 0 - Live 0x0\n",
        f"{folder}/modules.dep": f"kernel/fs/{test.module}.ko.xz: kernel/fs/other.ko.xz\n",
        f"{folder}/modules.builtin": "kernel/fs/ext4.ko\n",
    }
    return found | ({"/etc/modprobe.d/off.conf": f"install {test.module} /bin/false\n"} if good else {})


@files.register
def _(test: KernelArgument, good):
    given = f"{test.name}={test.values[0]}" if test.values else test.name
    return {"/proc/cmdline": f"BOOT_IMAGE=/vmlinuz root=/dev/x {given if good else ''} quiet\n"}


@files.register
def _(test: Pam, good):
    argument = test.argument + (f"={value(test.wanted, good)}" if test.wanted else "")
    line = f"{test.type} [success=1 default=ignore] {test.modules[0]} "
    if test.absent:
        return {f"/etc/pam.d/{test.services[0]}": line + ("" if good else argument) + "\n"}
    if not test.wanted and not good:
        line, argument = f"{test.type} required pam_other.so ", ""
    return {f"/etc/pam.d/{test.services[0]}": "@include inner\n", "/etc/pam.d/inner": line + argument + "\n"}


@files.register
def _(test: AuditWatch, good):
    return {"/etc/audit/rules.d/x.rules": f"-w {test.path} -p {test.permissions if good else 'r'} -k x\n"}


@files.register
def _(test: AuditSyscalls, good):
    calls = test.syscalls if good else test.syscalls[:-1]
    rules = [f"-a always,exit -F arch=b64 -S {call} -k x" for call in calls]
    return {"/etc/audit/rules.d/x.rules": "\n".join(["-D", *rules]) + "\n"}


ROOT = "root:x:0:0::/root:/bin/bash\n"
ANA = "ana:x:1000:1000::/home/ana:/bin/bash\n"
GROUPS = "root:x:0:\nana:x:1000:\nshadow:x:42:\n"
BAD = {
    "only_root_has_uid_0": {"/etc/passwd": ROOT + "toor:x:0:0::/root:/bin/bash\n"},
    "root_has_gid_0": {"/etc/passwd": "root:x:0:7::/root:/bin/bash\n"},
    "passwords_are_shadowed": {"/etc/passwd": ROOT + f"ana:{HASH}:1000:1000::/home/ana:/bin/bash\n"},
    "no_password_is_empty": {"/etc/shadow": "root:*:1::::::\nana::1::::::\n"},
    "uids_are_unique": {"/etc/passwd": ROOT + ANA + "bob:x:1000:1000::/home/ana:/bin/bash\n"},
    "user_names_are_unique": {"/etc/passwd": ROOT + ANA + "ana:x:1001:1000::/home/ana:/bin/bash\n"},
    "gids_are_unique": {"/etc/group": GROUPS + "x:x:42:\n"},
    "group_names_are_unique": {"/etc/group": GROUPS + "shadow:x:43:\n"},
    "groups_exist": {"/etc/group": "root:x:0:\n"},
    "shadow_group_is_empty": {"/etc/group": GROUPS.replace("shadow:x:42:", "shadow:x:42:ana")},
    "system_accounts_cannot_log_in": {"/etc/passwd": ROOT + "www:x:33:33::/var/www:/bin/sh\n"},
    "system_accounts_have_no_password": {
        "/etc/passwd": ROOT + "www:x:33:33::/var/www:/bin/sh\n",
        "/etc/shadow": f"root:*:1::::::\nwww:{HASH}:1::::::\n",
    },
    "homes_exist": {"/etc/passwd": ROOT + "eve:x:1002:1000::/home/eve:/bin/bash\n"},
    "homes_are_private": {"/home/ana": ("", 0o755)},
    "ssh_folders_are_private": {"/home/ana/.ssh/authorized_keys": ("", 0o666)},
    "homes_hold_no_trust_files": {"/home/ana/.netrc": "machine x\n"},
    "passwords_expire": {"/etc/shadow": f"root:*:1::::::\nana:{HASH}:1:1:99999:7:::\n"},
    "passwords_last": {"/etc/shadow": f"root:*:1::::::\nana:{HASH}:1:0:90:7:::\n"},
    "expiry_is_warned_of": {"/etc/shadow": f"root:*:1::::::\nana:{HASH}:1:1:90:1:::\n"},
    "password_hashes_are_strong": {"/etc/shadow": "root:*:1::::::\nana:$1$salt$hash:1:1:90:7:::\n"},
}


@files.register
def _(test: AccountRule, good):
    me = f"ana:x:{max(os.getuid(), 1000)}:1000::/home/ana:/bin/bash\n"
    found = {
        "/etc/passwd": ROOT + me,
        "/etc/group": GROUPS,
        "/etc/shadow": f"root:*:1::::::\nana:{HASH}:1:1:90:7:::\n",
        "/home/ana": ("", 0o700),
    }
    return found if good else found | BAD[test.rule]


def make(root, found):
    """Lay files out below a root."""
    for path, content in sorted(found.items()):
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            place.symlink_to("/dev/null/nowhere")
        elif isinstance(content, tuple) and path in ("/home/ana",):
            place.mkdir(exist_ok=True)
            place.chmod(content[1])
        else:
            text, mode = content if isinstance(content, tuple) else (content, None)
            place.write_text(text)
            if mode is not None:
                place.chmod(mode)
    return root
