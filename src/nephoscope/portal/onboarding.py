"""The role to make in an account, as a file."""

from __future__ import annotations

from typing import Literal

import msgspec

from nephoscope.inventory.engine import readers
from nephoscope.inventory.role import Logs, Role
from nephoscope.portal.shapes.coverage import RoleTemplate

Format = Literal["iam", "cloudformation", "terraform"]
FILES = {"iam": "nephoscope-read.json", "cloudformation": "nephoscope-read.template.json", "terraform": "nephoscope.tf"}


def role_template(trust: str, external_id: str, format: Format, log_bucket: str) -> RoleTemplate:
    """The role that reads an account: what its calls declare, and no more."""
    permissions = frozenset(permission for reader in readers().values() for permission in reader.permissions)
    role = Role(permissions, (Logs(log_bucket),) if log_bucket else (), trust, external_id)
    if format == "terraform":
        content = role.terraform()
    else:
        document = role.policy() if format == "iam" else role.cloudformation()
        content = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return RoleTemplate(format=format, file=FILES[format], content=content, permissions=sorted(permissions))
