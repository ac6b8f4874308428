"""Who may read and change the files that decide who may do what."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds import FileMode

CHANGE = "whoever may change it makes accounts or takes over others."
READ = "whoever may read it guesses passwords at leisure."
RUN = "whoever may change it has commands run as root."
LOGIN = "whoever may change it decides who may log in, and with what."
SHADOW = ("root", "shadow")
BOOT = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")


def _check(name, title, why, pattern, mode, groups=("root",), families=LIKE_DEBIAN + LIKE_RHEL):  # noqa: ANN001, ANN202
    return Check(
        "%s_%s_protected" % (name, "are" if name.endswith("s") else "is"),
        title,
        why,
        FileMode(pattern, mode, groups),
        families,
    )


CHECKS = (
    _check("passwd", "Accounts can be changed by root only", CHANGE, "/etc/passwd", 0o644),
    _check("passwd_backup", "The accounts' backup can be changed by root only", CHANGE, "/etc/passwd-", 0o644),
    _check("group", "Groups can be changed by root only", CHANGE, "/etc/group", 0o644),
    _check("group_backup", "The groups' backup can be changed by root only", CHANGE, "/etc/group-", 0o644),
    _check("shadow", "Password hashes can be read by root only", READ, "/etc/shadow", 0o640, SHADOW, LIKE_DEBIAN),
    _check(
        "shadow_backup", "The hashes' backup can be read by root only", READ, "/etc/shadow-", 0o640, SHADOW, LIKE_DEBIAN
    ),
    _check("gshadow", "Group passwords can be read by root only", READ, "/etc/gshadow", 0o640, SHADOW, LIKE_DEBIAN),
    _check(
        "gshadow_backup",
        "The group passwords' backup can be read by root only",
        READ,
        "/etc/gshadow-",
        0o640,
        SHADOW,
        LIKE_DEBIAN,
    ),
    _check(
        "shadow_without_group", "Password hashes can be read by nobody", READ, "/etc/shadow", 0, ("root",), LIKE_RHEL
    ),
    _check(
        "shadow_backup_without_group",
        "The hashes' backup can be read by nobody",
        READ,
        "/etc/shadow-",
        0,
        ("root",),
        LIKE_RHEL,
    ),
    _check(
        "gshadow_without_group", "Group passwords can be read by nobody", READ, "/etc/gshadow", 0, ("root",), LIKE_RHEL
    ),
    _check(
        "gshadow_backup_without_group",
        "The group passwords' backup can be read by nobody",
        READ,
        "/etc/gshadow-",
        0,
        ("root",),
        LIKE_RHEL,
    ),
    _check("old_passwords", "Old password hashes can be read by root only", READ, "/etc/security/opasswd", 0o600),
    _check("shells", "The list of shells can be changed by root only", LOGIN, "/etc/shells", 0o644),
    _check("sshd_config", "The SSH server's configuration is root's alone", LOGIN, "/etc/ssh/sshd_config", 0o600),
    _check(
        "sshd_config_parts",
        "The SSH server's further configuration is root's alone",
        LOGIN,
        "/etc/ssh/sshd_config.d/*.conf",
        0o600,
    ),
    _check(
        "ssh_host_keys",
        "SSH host keys can be read by root only",
        "whoever may read them plays this host.",
        "/etc/ssh/ssh_host_*_key",
        0o640,
        ("root", "ssh_keys"),
    ),
    _check(
        "ssh_public_host_keys",
        "SSH public host keys can be changed by root only",
        LOGIN,
        "/etc/ssh/ssh_host_*_key.pub",
        0o644,
    ),
    _check("sudoers", "sudo's rules can be changed by root only", RUN, "/etc/sudoers", 0o440),
    _check("sudoers_folder", "sudo's further rules can be read by root only", RUN, "/etc/sudoers.d", 0o750),
    _check("sudoers_parts", "sudo's further rules can be changed by root only", RUN, "/etc/sudoers.d/*", 0o640),
    _check("crontab", "The system's crontab is root's alone", RUN, "/etc/crontab", 0o600),
    _check("cron_d", "cron.d is root's alone", RUN, "/etc/cron.d", 0o700),
    _check("cron_hourly", "cron.hourly is root's alone", RUN, "/etc/cron.hourly", 0o700),
    _check("cron_daily", "cron.daily is root's alone", RUN, "/etc/cron.daily", 0o700),
    _check("cron_weekly", "cron.weekly is root's alone", RUN, "/etc/cron.weekly", 0o700),
    _check("cron_monthly", "cron.monthly is root's alone", RUN, "/etc/cron.monthly", 0o700),
    _check(
        "cron_allow", "Who may use cron is decided by root only", RUN, "/etc/cron.allow", 0o640, ("root", "crontab")
    ),
    _check("at_allow", "Who may use at is decided by root only", RUN, "/etc/at.allow", 0o640, ("root", "daemon")),
    _check(
        "grub_debian",
        "The boot loader's configuration can be read by root only",
        "a password hash is read, or the kernel's arguments are changed.",
        BOOT[0],
        0o600,
        ("root",),
        LIKE_DEBIAN,
    ),
    _check(
        "grub_rhel",
        "The boot loader's configuration can be read by root only",
        "a password hash is read, or the kernel's arguments are changed.",
        BOOT[1],
        0o700,
        ("root",),
        LIKE_RHEL,
    ),
    _check(
        "motd",
        "The message of the day can be changed by root only",
        "users are told what an attacker wants them to do.",
        "/etc/motd",
        0o644,
    ),
    _check(
        "issue",
        "The login banner can be changed by root only",
        "users are told what an attacker wants them to do.",
        "/etc/issue",
        0o644,
    ),
    _check(
        "issue_net",
        "The network login banner can be changed by root only",
        "users are told what an attacker wants them to do.",
        "/etc/issue.net",
        0o644,
    ),
    _check(
        "audit_log",
        "Audit logs can be read by root only",
        "an intruder learns what is recorded, or takes it away.",
        "/var/log/audit/audit.log",
        0o640,
        ("root", "adm"),
    ),
    _check(
        "audit_configuration",
        "auditd's configuration can be changed by root only",
        "recording is turned off.",
        "/etc/audit/*.conf",
        0o640,
    ),
    _check(
        "audit_rules",
        "Audit rules can be changed by root only",
        "recording is turned off.",
        "/etc/audit/rules.d/*.rules",
        0o640,
    ),
    _check("pam", "PAM's configuration can be changed by root only", LOGIN, "/etc/pam.d/*", 0o644),
    _check("limits", "Limits can be changed by root only", LOGIN, "/etc/security/limits.conf", 0o644),
    _check(
        "hosts_file",
        "Names of hosts can be changed by root only",
        "connections are led elsewhere.",
        "/etc/hosts",
        0o644,
    ),
    _check("login_defs", "Defaults of accounts can be changed by root only", LOGIN, "/etc/login.defs", 0o644),
    _check("profile", "Every shell's profile can be changed by root only", RUN, "/etc/profile", 0o644),
    _check(
        "profile_parts", "Every shell's further profiles can be changed by root only", RUN, "/etc/profile.d/*.sh", 0o755
    ),
    _check(
        "preload",
        "The list of preloaded libraries can be changed by root only",
        "a library is loaded into every program.",
        "/etc/ld.so.preload",
        0o644,
    ),
    _check("unit_files", "Unit files can be changed by root only", RUN, "/etc/systemd/system/*.service", 0o644),
)
