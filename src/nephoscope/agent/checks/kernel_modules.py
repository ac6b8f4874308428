"""Kernel modules that a server has no use for: each is code that untrusted input reaches."""

from nephoscope.agent.benchmark import Check
from nephoscope.agent.kinds_system import ModuleOff

DISK = "a prepared disk or image is parsed by kernel code that is rarely used and rarely tested."
NET = "a rarely used protocol's kernel code can be loaded by any user who opens such a socket."
MODULES = (
    ("cramfs", DISK),
    ("freevxfs", DISK),
    ("hfs", DISK),
    ("hfsplus", DISK),
    ("jffs2", DISK),
    ("udf", DISK),
    ("usb-storage", "data leaves and malware arrives on a stick; cloud instances have no USB storage."),
    ("firewire-core", "a device on the bus reads and writes the machine's memory."),
    ("dccp", NET),
    ("sctp", NET),
    ("rds", NET),
    ("tipc", NET),
    ("atm", NET),
    ("can", NET),
    ("ax25", NET),
    ("netrom", NET),
    ("rose", NET),
    ("x25", NET),
    ("appletalk", NET),
    ("decnet", NET),
    ("n-hdlc", NET),
    ("af_802154", NET),
)

CHECKS = tuple(
    Check("module_%s_is_off" % name.replace("-", "_"), "Kernel module %s is off" % name, why, ModuleOff(name))
    for name, why in MODULES
)
