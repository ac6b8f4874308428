"""What the running kernel was started with."""

from nephoscope.agent.benchmark import Check
from nephoscope.agent.kinds_system import KernelArgument

CHECKS = (
    Check(
        "audit_begins_at_boot",
        "Auditing begins with the kernel",
        "processes that start before auditd are never audited.",
        KernelArgument("audit", ("1",)),
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
