"""`nephoscope roles`: what is switched on → the role that reads it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli.output import Exit

if TYPE_CHECKING:
    from nephoscope.clouds.aws_role import PrintedRole
    from nephoscope.inventory.role import Role

FORMATS = ("iam", "cloudformation", "terraform")
ACCOUNT = re.compile(r"\d{12}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def roles(
    format: Annotated[str, typer.Option(metavar="iam|cloudformation|terraform", help="What to print.")] = "iam",
    types: Annotated[
        str, typer.Option(metavar="TYPE,…", help="Only what these types need: AWS::S3::Bucket, or AWS::S3.")
    ] = "",
    log_bucket: Annotated[list[str] | None, typer.Option(help="Read log files of this bucket; repeatable.")] = None,
    log_queue: Annotated[str, typer.Option(metavar="ARN", help="The SQS queue that tells of new log files.")] = "",
    log_key: Annotated[str, typer.Option(metavar="ARN", help="The KMS key that log files are encrypted with.")] = "",
    trust: Annotated[str, typer.Option(metavar="ACCOUNT", help="The account from which the role is assumed.")] = "",
    external_id: Annotated[str, typer.Option(help="What whoever assumes the role has to know.")] = "",
    respond: Annotated[
        str, typer.Option(metavar="ACTION,PLAYBOOK,…|all", help="The roles of these actions instead, one each.")
    ] = "",
    evidence_bucket: Annotated[
        str, typer.Option(metavar="BUCKET", help="The role that keeps evidence here, beside those of actions.")
    ] = "",
    evidence_key: Annotated[str, typer.Option(metavar="ARN", help="The KMS key that evidence is encrypted with.")] = "",
    scan: Annotated[bool, typer.Option("--scan", help="The role that scans disks, through snapshots.")] = False,
) -> int:
    """Print the role that Nephoscope reads an account with: the permissions its calls declare, and no others.

    With --respond: the roles that actions act with, one per action, apart from the one that reads. With --scan: the one
    that makes snapshots of instances' disks, reads them and deletes them again.

    Example: nephoscope roles --format cloudformation --trust 111122223333 --external-id choose-one

    Example: nephoscope roles --respond aws_isolate_instance,aws_tag_resource --format terraform --trust 111122223333

    Example: nephoscope roles --evidence-bucket company-evidence

    Example: nephoscope roles --scan --format cloudformation --trust 111122223333 --external-id choose-one
    """
    from nephoscope.cli.inventory import chosen
    from nephoscope.inventory.role import Logs, Role

    if format not in FORMATS:
        raise typer.BadParameter(f"{format} is none of {', '.join(FORMATS)}", param_hint="--format")
    buckets = {"--log-bucket": log_bucket or [], "--evidence-bucket": [evidence_bucket] if evidence_bucket else []}
    _check(format, trust, buckets, {"--log-queue": log_queue, "--log-key": log_key, "--evidence-key": evidence_key})
    if evidence_key and not evidence_bucket:
        raise typer.BadParameter("a key is a bucket's: name it by --evidence-bucket", param_hint="--evidence-key")
    made = _of_actions(respond, trust, external_id) if respond else []
    made += [_of_evidence(evidence_bucket, evidence_key, trust, external_id)] if evidence_bucket else []
    made += [_of_scans(trust, external_id)] if scan else []
    if made:
        return _print(made, format)
    logs = tuple(Logs(bucket, log_queue, log_key) for bucket in log_bucket or [])
    needed = frozenset(permission for reader in chosen(types) for permission in reader.permissions)
    return _print_reading(Role(needed, logs, trust, external_id), format)


def _print_reading(role: Role, format: str) -> int:
    if format == "terraform":
        print(role.terraform())
    else:
        print(json.dumps(role.policy() if format == "iam" else role.cloudformation(), indent=2))
    return Exit.NOTHING


def _of_actions(names: str, trust: str, external_id: str) -> list[PrintedRole]:
    from nephoscope.respond.action import builtin
    from nephoscope.respond.playbook import load_playbooks
    from nephoscope.respond.role import response_role
    from nephoscope.settings import nearest

    known = {name: action for name, action in builtin().kinds.items() if action.permissions}
    named = sorted(known) if names == "all" else [name.strip() for name in names.split(",") if name.strip()]
    playbooks = load_playbooks().by_name
    steps = {name: [step.action for step in playbook.steps] for name, playbook in playbooks.items()}
    chosen = dict.fromkeys(action for name in named for action in steps.get(name, [name]))
    for name in chosen:
        if name not in known:
            raise typer.BadParameter(f"there is no action '{name}'{nearest(name, known)}", param_hint="--respond")
    return [response_role(name, known[name], trust, external_id) for name in chosen]


def _of_evidence(bucket: str, key: str, trust: str, external_id: str) -> PrintedRole:
    from nephoscope.clouds.aws_role import PrintedRole
    from nephoscope.respond.evidence.bucket import evidence_policy
    from nephoscope.respond.role import role_name

    description = "Nephoscope: Keep evidence in a bucket, and verify it."
    return PrintedRole(role_name("evidence"), description, evidence_policy(bucket, key), trust, external_id)


def _of_scans(trust: str, external_id: str) -> PrintedRole:
    from nephoscope.scan.disks.taking import scan_role

    return scan_role(trust, external_id)


def _print(made: list[PrintedRole], format: str) -> int:
    from nephoscope.clouds.aws_role import cloudformation, terraform

    if format == "terraform":
        print(terraform(made))
        return Exit.NOTHING
    policies = {role.name: role.policy for role in made}
    print(json.dumps(policies if format == "iam" else cloudformation(made), indent=2))
    return Exit.NOTHING


def _check(format: str, trust: str, buckets: dict[str, list[str]], arns: dict[str, str]) -> None:
    if format != "iam" and not trust:
        raise typer.BadParameter("a role has to say which account may assume it", param_hint="--trust")
    if trust and not ACCOUNT.fullmatch(trust):
        raise typer.BadParameter(f"{trust} is not an account: twelve digits", param_hint="--trust")
    for option, names in buckets.items():
        for bucket in names:
            if not BUCKET.fullmatch(bucket):
                raise typer.BadParameter(f"{bucket} is not the name of a bucket", param_hint=option)
    for option, arn in arns.items():
        if arn and not arn.startswith("arn:"):
            raise typer.BadParameter(f"{arn} is not an ARN", param_hint=option)
