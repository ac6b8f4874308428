"""What is started at boot, and what is not."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds_system import UnitState

OPEN = "a service that nobody asked for listens, and is patched by nobody."
BOTH = LIKE_DEBIAN + LIKE_RHEL
ON = (
    (
        "audit_service",
        "The audit service",
        ("auditd.service",),
        "what processes do to accounts and files is not recorded.",
        BOTH,
    ),
    (
        "cron_service",
        "The cron service",
        ("cron.service", "crond.service", "cronie.service"),
        "scheduled checks do not run.",
        BOTH,
    ),
    (
        "clock_service",
        "The time service",
        ("chrony.service", "chronyd.service", "systemd-timesyncd.service", "ntpsec.service"),
        "logs cannot be put in order.",
        BOTH,
    ),
    (
        "firewall_service",
        "The firewall",
        ("nftables.service", "ufw.service", "firewalld.service", "iptables.service"),
        "every service that listens is reachable.",
        BOTH,
    ),
    ("apparmor_service", "AppArmor", ("apparmor.service",), "profiles are not loaded at boot.", LIKE_DEBIAN),
    (
        "update_timer",
        "The update timer",
        ("apt-daily-upgrade.timer", "dnf-automatic.timer", "dnf-automatic-install.timer"),
        "known holes stay open until somebody thinks of them.",
        BOTH,
    ),
)
OFF = (
    ("nfs_service", "The NFS server", ("nfs-server.service", "nfs-kernel-server.service"), OPEN),
    ("rpcbind_service", "rpcbind", ("rpcbind.service", "rpcbind.socket"), OPEN),
    ("rsync_service", "The rsync daemon", ("rsync.service", "rsyncd.service", "rsyncd.socket"), OPEN),
    ("avahi_service", "Avahi", ("avahi-daemon.service", "avahi-daemon.socket"), OPEN),
    ("cups_service", "CUPS", ("cups.service", "cups.socket"), OPEN),
    ("bluetooth_service", "Bluetooth", ("bluetooth.service",), OPEN),
    (
        "debug_shell",
        "The debug shell",
        ("debug-shell.service",),
        "whoever reaches the console has root without a password.",
    ),
    ("reboot_keys", "Ctrl-Alt-Del", ("ctrl-alt-del.target",), "whoever reaches the console reboots the host."),
    (
        "remote_journal",
        "The journal's receiver",
        ("systemd-journal-remote.socket", "systemd-journal-remote.service"),
        "others fill this host's journal.",
    ),
    ("web_console", "The web console", ("cockpit.socket",), OPEN),
)

CHECKS = tuple(
    Check("%s_is_enabled" % name, "%s is started at boot" % what, why, UnitState(names, True), families)
    for name, what, names, why, families in ON
) + tuple(
    Check("%s_is_disabled" % name, "%s is not started at boot" % what, why, UnitState(names, False))
    for name, what, names, why in OFF
)
