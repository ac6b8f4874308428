"""What auditd records: changes to accounts, privileges, time, network, log-ins, files and modules."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds_system import AuditSyscalls, AuditWatch

BOTH = LIKE_DEBIAN + LIKE_RHEL
WATCHED = (
    ("accounts", "/etc/passwd", BOTH),
    ("groups", "/etc/group", BOTH),
    ("password_hashes", "/etc/shadow", BOTH),
    ("group_passwords", "/etc/gshadow", BOTH),
    ("old_passwords", "/etc/security/opasswd", BOTH),
    ("sudo_rules", "/etc/sudoers", BOTH),
    ("sudo_parts", "/etc/sudoers.d", BOTH),
    ("time_zone", "/etc/localtime", BOTH),
    ("host_names", "/etc/hosts", BOTH),
    ("login_banner", "/etc/issue", BOTH),
    ("network_banner", "/etc/issue.net", BOTH),
    ("sessions", "/var/run/utmp", BOTH),
    ("log_ins", "/var/log/wtmp", BOTH),
    ("failed_log_ins", "/var/log/btmp", BOTH),
    ("last_log_ins", "/var/log/lastlog", BOTH),
    ("lock_outs", "/var/run/faillock", BOTH),
    ("apparmor_profiles", "/etc/apparmor", LIKE_DEBIAN),
    ("apparmor_parts", "/etc/apparmor.d", LIKE_DEBIAN),
    ("selinux_policy", "/etc/selinux", LIKE_RHEL),
    ("network_settings", "/etc/network", LIKE_DEBIAN),
    ("network_scripts", "/etc/sysconfig/network", LIKE_RHEL),
)
CALLS = (
    ("clock_changes", "Changes of the clock", ("adjtimex", "settimeofday", "clock_settime")),
    ("name_changes", "Changes of the host's name", ("sethostname", "setdomainname")),
    ("mode_changes", "Changes of modes", ("chmod", "fchmod", "fchmodat")),
    ("owner_changes", "Changes of owners", ("chown", "fchown", "lchown", "fchownat")),
    (
        "attribute_changes",
        "Changes of extended attributes",
        ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
    ),
    ("refused_access", "Refused access to files", ("creat", "open", "openat", "truncate", "ftruncate")),
    ("deletions", "Deleting and renaming files", ("unlink", "unlinkat", "rename", "renameat")),
    ("mounting", "Mounting", ("mount",)),
    ("module_loading", "Loading and unloading kernel modules", ("init_module", "finit_module", "delete_module")),
    ("programs_run", "Running programs", ("execve",)),
)

CHECKS = tuple(
    Check(
        "%s_are_watched" % name,
        "Changes of %s are recorded" % path,
        "nobody can tell who changed it.",
        AuditWatch(path),
        families,
    )
    for name, path, families in WATCHED
) + tuple(
    Check(
        "%s_%s_recorded" % (name, "are" if what.endswith("s") else "is"),
        "%s are recorded" % what if what.endswith("s") else "%s is recorded" % what,
        "nobody can tell who did it.",
        AuditSyscalls(calls),
    )
    for name, what, calls in CALLS
)
