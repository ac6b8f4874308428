"""What the running kernel was started with."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, Check
from nephoscope.agent.kinds_system import KernelArgument

CHECKS = (
    Check(
        "audit_begins_at_boot",
        "Auditing begins with the kernel",
        "processes that start before auditd are never audited.",
        KernelArgument("audit", ("1",)),
    ),
    Check(
        "audit_backlog_is_large",
        "The audit backlog at boot is large",
        "records of the first seconds are dropped.",
        KernelArgument("audit_backlog_limit", ("8192", "16384", "32768", "65536")),
    ),
    Check(
        "apparmor_is_on_at_boot",
        "AppArmor is switched on at boot",
        "a service that was taken over may do all that its user may.",
        KernelArgument("apparmor", ("1",)),
        LIKE_DEBIAN,
    ),
    Check(
        "memory_is_wiped_when_allocated",
        "Memory is wiped when it is allocated",
        "what a process held is read by the next one through a hole.",
        KernelArgument("init_on_alloc", ("1",)),
    ),
    Check(
        "slabs_are_not_merged",
        "Kernel caches are not merged",
        "one object's overflow reaches objects of another kind.",
        KernelArgument("slab_nomerge", ()),
    ),
    Check(
        "pages_are_shuffled",
        "Pages are shuffled",
        "an exploit knows which page comes next.",
        KernelArgument("page_alloc.shuffle", ("1",)),
    ),
)
