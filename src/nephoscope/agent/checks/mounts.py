"""Mounts: volumes of their own, and what may not be done on them."""

from nephoscope.agent.benchmark import Check
from nephoscope.agent.kinds import MountOption, MountPoint

FULL = "whoever fills it fills the root file system with it, and its options cannot be set apart."
WHY = {
    "nodev": "a device file made there gives access to the device.",
    "nosuid": "a set-user-id program put there runs as its owner.",
    "noexec": "programs are put and run where anybody may write.",
}
SAID = {"nodev": "holds no devices", "nosuid": "runs no set-user-id programs", "noexec": "runs no programs"}
OWN = (
    ("tmp", "/tmp"),
    ("var", "/var"),
    ("var_tmp", "/var/tmp"),
    ("var_log", "/var/log"),
    ("var_log_audit", "/var/log/audit"),
    ("home", "/home"),
    ("dev_shm", "/dev/shm"),
)
OPTIONS = (
    ("tmp", "/tmp", ("nodev", "nosuid", "noexec")),
    ("var", "/var", ("nodev", "nosuid")),
    ("var_tmp", "/var/tmp", ("nodev", "nosuid", "noexec")),
    ("var_log", "/var/log", ("nodev", "nosuid", "noexec")),
    ("var_log_audit", "/var/log/audit", ("nodev", "nosuid", "noexec")),
    ("home", "/home", ("nodev", "nosuid")),
    ("dev_shm", "/dev/shm", ("nodev", "nosuid", "noexec")),
)

CHECKS = tuple(
    Check("%s_is_a_volume" % name, "%s is a file system of its own" % point, FULL, MountPoint(point))
    for name, point in OWN
) + tuple(
    Check(
        "%s_%s" % (name, SAID[option].replace(" ", "_").replace("-", "_")),
        "%s %s" % (point, SAID[option]),
        WHY[option],
        MountOption(point, option),
    )
    for name, point, options in OPTIONS
    for option in options
)
