"""Settings of accounts, log-ins, logs, auditd, updates and SELinux, in the files that hold them."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds import FileSetting, SudoDefault, Wanted

DEFS = ("/etc/login.defs",)
USERADD = ("/etc/default/useradd",)
QUALITY = ("/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d/*.conf")
FAILLOCK = ("/etc/security/faillock.conf",)
AUDITD = ("/etc/audit/auditd.conf",)
JOURNAL = (
    "/etc/systemd/journald.conf",
    "/etc/systemd/journald.conf.d/*.conf",
    "/usr/lib/systemd/journald.conf.d/*.conf",
)
COREDUMP = ("/etc/systemd/coredump.conf", "/etc/systemd/coredump.conf.d/*.conf")
SELINUX = ("/etc/selinux/config",)
GUESS = "passwords are guessed from the internet, and from stolen hashes."
LOST = "what happened is not known afterwards."
YES = Wanted("one_of", ("yes", "true", "1"))

ROWS = (
    (
        "new_passwords_expire",
        "New accounts' passwords expire within a year",
        DEFS,
        "PASS_MAX_DAYS",
        Wanted("between", (1, 365)),
        None,
        "a stolen password is good for ever.",
    ),
    (
        "new_passwords_last_a_day",
        "New accounts' passwords last at least a day",
        DEFS,
        "PASS_MIN_DAYS",
        Wanted("at_least", 1),
        None,
        "the history of passwords is run through in a minute.",
    ),
    (
        "new_expiry_is_warned_of",
        "New accounts are warned a week before their password expires",
        DEFS,
        "PASS_WARN_AGE",
        Wanted("at_least", 7),
        None,
        "people are locked out, and choose in haste.",
    ),
    (
        "new_hashes_are_strong",
        "New passwords are hashed strongly",
        DEFS,
        "ENCRYPT_METHOD",
        Wanted("one_of", ("yescrypt", "sha512")),
        None,
        "stolen hashes are turned into passwords.",
    ),
    (
        "new_files_are_private",
        "New files are not for everybody",
        DEFS,
        "UMASK",
        Wanted("one_of", ("027", "077", "0027", "0077")),
        None,
        "others read what people write.",
    ),
    (
        "idle_accounts_are_locked",
        "Accounts are locked 45 days after their password expired",
        USERADD,
        "INACTIVE",
        Wanted("between", (0, 45)),
        "-1",
        "accounts that nobody uses are taken over unseen.",
    ),
    (
        "passwords_are_long",
        "Passwords have at least 14 characters",
        QUALITY,
        "minlen",
        Wanted("at_least", 14),
        None,
        GUESS,
    ),
    (
        "passwords_differ_from_old_ones",
        "New passwords differ in two characters at least",
        QUALITY,
        "difok",
        Wanted("at_least", 2),
        "1",
        GUESS,
    ),
    (
        "passwords_repeat_little",
        "Passwords repeat a character three times at most",
        QUALITY,
        "maxrepeat",
        Wanted("between", (1, 3)),
        "0",
        GUESS,
    ),
    (
        "passwords_have_no_sequences",
        "Passwords hold no long sequences",
        QUALITY,
        "maxsequence",
        Wanted("between", (1, 3)),
        "0",
        GUESS,
    ),
    (
        "passwords_are_looked_up",
        "Passwords are looked up in a dictionary",
        QUALITY,
        "dictcheck",
        Wanted("is", "1"),
        "1",
        GUESS,
    ),
    (
        "root_passwords_are_checked",
        "Root's new passwords are checked too",
        QUALITY,
        "enforce_for_root",
        Wanted("one_of", ("", "1")),
        None,
        GUESS,
    ),
    (
        "lock_out_comes_early",
        "Accounts are locked after five wrong passwords",
        FAILLOCK,
        "deny",
        Wanted("between", (1, 5)),
        "3",
        GUESS,
    ),
    (
        "lock_out_lasts",
        "Accounts stay locked for 15 minutes at least",
        FAILLOCK,
        "unlock_time",
        Wanted("zero_or_at_least", 900),
        "600",
        GUESS,
    ),
    (
        "audit_logs_are_kept",
        "Full audit logs are kept",
        AUDITD,
        "max_log_file_action",
        Wanted("is", "keep_logs"),
        None,
        LOST,
    ),
    ("audit_logs_are_large", "Audit logs hold 8 MB at least", AUDITD, "max_log_file", Wanted("at_least", 8), "8", LOST),
    (
        "low_space_is_told",
        "auditd tells when space is low",
        AUDITD,
        "space_left_action",
        Wanted("one_of", ("email", "exec", "single", "halt", "syslog")),
        None,
        LOST,
    ),
    (
        "no_space_is_acted_on",
        "auditd acts when space is all but gone",
        AUDITD,
        "admin_space_left_action",
        Wanted("one_of", ("single", "halt", "email")),
        None,
        LOST,
    ),
    (
        "full_audit_disk_is_acted_on",
        "auditd acts when the disk is full",
        AUDITD,
        "disk_full_action",
        Wanted("one_of", ("single", "halt", "syslog")),
        None,
        LOST,
    ),
    (
        "audit_disk_errors_are_acted_on",
        "auditd acts when the disk fails",
        AUDITD,
        "disk_error_action",
        Wanted("one_of", ("single", "halt", "syslog")),
        None,
        LOST,
    ),
    (
        "audit_mail_goes_to_root",
        "auditd's mail goes to root",
        AUDITD,
        "action_mail_acct",
        Wanted("is", "root"),
        "root",
        LOST,
    ),
    (
        "journal_is_kept",
        "The journal is set to be kept on disk",
        JOURNAL,
        "Storage",
        Wanted("one_of", ("persistent",)),
        "auto",
        "a reboot ends the evidence.",
    ),
    ("journal_is_compressed", "The journal is compressed", JOURNAL, "Compress", YES, "yes", "less of the past fits."),
    (
        "cores_are_not_stored",
        "Core files are not stored",
        COREDUMP,
        "Storage",
        Wanted("is", "none"),
        "external",
        "a crash writes secrets to the disk.",
    ),
    (
        "cores_are_not_processed",
        "Core files are not processed",
        COREDUMP,
        "ProcessSizeMax",
        Wanted("is", "0"),
        "32G",
        "a crash writes secrets to the disk.",
    ),
)
RHEL_ROWS = (
    (
        "selinux_enforces_at_boot",
        "SELinux enforces at boot",
        SELINUX,
        "SELINUX",
        Wanted("is", "enforcing"),
        None,
        "a service that was taken over may do all that its user may.",
    ),
    (
        "selinux_has_a_policy",
        "SELinux has a policy for services",
        SELINUX,
        "SELINUXTYPE",
        Wanted("one_of", ("targeted", "mls")),
        None,
        "a service that was taken over may do all that its user may.",
    ),
    (
        "dnf_checks_signatures",
        "dnf checks packages' signatures",
        ("/etc/dnf/dnf.conf", "/etc/yum.conf"),
        "gpgcheck",
        YES,
        None,
        "a package from anybody is installed as root.",
    ),
)
DEBIAN_ROWS = (
    (
        "apt_installs_updates",
        "apt installs updates by itself",
        ("/etc/apt/apt.conf.d/*",),
        "APT::Periodic::Unattended-Upgrade",
        Wanted("is", "1"),
        "0",
        "known holes stay open until somebody thinks of them.",
    ),
    (
        "apt_reads_updates",
        "apt reads the lists of updates by itself",
        ("/etc/apt/apt.conf.d/*",),
        "APT::Periodic::Update-Package-Lists",
        Wanted("is", "1"),
        "0",
        "known holes stay open until somebody thinks of them.",
    ),
    (
        "debian_crash_reports_are_off",
        "Crash reports are off",
        ("/etc/default/apport",),
        "enabled",
        Wanted("is", "0"),
        None,
        "memory of crashed processes is kept and may be sent.",
    ),
)


def _checks(rows, families):  # noqa: ANN001, ANN202
    return tuple(
        Check(name, title, why, FileSetting(files, key, wanted, default), families)
        for name, title, files, key, wanted, default, why in rows
    )


CHECKS = (
    *_checks(ROWS, LIKE_DEBIAN + LIKE_RHEL),
    *_checks(RHEL_ROWS, LIKE_RHEL),
    *_checks(DEBIAN_ROWS, LIKE_DEBIAN),
    Check(
        "sudo_uses_a_terminal",
        "sudo runs commands in a terminal of their own",
        "a program left behind types into the administrator's terminal.",
        SudoDefault("use_pty"),
    ),
    Check(
        "sudo_has_a_log",
        "sudo has a log of its own",
        "what was done as root is lost among other lines.",
        SudoDefault("logfile"),
    ),
    Check(
        "sudo_always_asks",
        "sudo's defaults ask for a password",
        "whoever finds an open session is root.",
        SudoDefault("!authenticate", absent=True),
    ),
    Check(
        "sudo_allows_no_visible_passwords",
        "sudo does not show passwords that are typed",
        "passwords are read from the screen and from recordings.",
        SudoDefault("visiblepw", absent=True),
    ),
)
