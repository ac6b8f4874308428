"""Policies and a call → allowed, or denied as AWS denies it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.call import Denial
from nephoscope.sandbox.iam.actions import Need, required
from nephoscope.sandbox.iam.context import context_of
from nephoscope.sandbox.iam.evaluate import Policies, Request, why_denied
from nephoscope.sandbox.iam.federation import federated_caller
from nephoscope.sandbox.iam.owned import (
    full_arn,
    is_public_blocked,
    must_resource_allow,
    owner_of,
    passed_role,
    resource_policies,
)
from nephoscope.sandbox.iam.policy import MalformedPolicy
from nephoscope.sandbox.iam.stored import (
    boundary,
    caller_of,
    control_policies,
    identity_policies,
    session_policies,
)

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.caller import Backends

__all__ = ["authorise", "overrule_moto"]

_QUERY = (
    "autoscaling", "cloudformation", "cloudwatch", "elasticache", "elb", "elbv2", "iam", "rds", "redshift", "s3",
    "s3control", "sns", "sts", "sqs", "cloudfront", "route53", "ses",
)  # fmt: skip


def authorise(call: ApiCall, backends: Backends) -> Denial | None:
    """Decide on a call as IAM would, by the policies that moto holds at this moment.

    Returns None for an allowed call, else the first permission's denial, in AWS's words. A policy that cannot be
    read denies, and says why. Calls that AWS's own services make for a customer are not asked about.
    """
    if call.principal.type == "AWSService":
        return None
    try:
        for need in required(call):
            if denial := _denial(call, need, backends):
                return denial
    except MalformedPolicy as error:
        return _worded(call, f"{_who(call)} is not authorized to perform: {_action(call)} because {error}")
    return None


def overrule_moto() -> None:
    """Mend what moto does with policies, for the process's life.

    Its S3 decides by bucket policies itself, and ignores their conditions. Its CloudFormation gives roles inline
    policies as objects, on which reading the account's authorization details then fails. Its Lambda runs code in
    containers: here no code is run, and a function answers with what it was asked.
    """
    from moto.awslambda.models import LambdaFunction
    from moto.iam.access_control import PermissionResult
    from moto.iam.models import Role
    from moto.s3.models import FakeBucket

    put_policy = Role.put_policy

    def put_text(self: Role, policy_name: str, policy_json: Any) -> None:
        put_policy(self, policy_name, policy_json if isinstance(policy_json, str) else json.dumps(policy_json))

    def leave_it_to_us(self: FakeBucket, action: str, resource: str) -> PermissionResult:
        return PermissionResult.PERMITTED

    def echo(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        return json.dumps(event), False, ""

    FakeBucket.get_permission = leave_it_to_us
    LambdaFunction._invoke_lambda = echo  # pyright: ignore[reportPrivateUsage]
    Role.put_policy = put_text


def _denial(call: ApiCall, need: Need, backends: Backends) -> Denial | None:
    arn = passed_role(need.resource, backends) if need.passed_to else need.resource
    arn = full_arn(arn, backends)
    caller = federated_caller(call) or caller_of(call.principal)
    request = Request(caller, need.action, arn, context_of(call, need, arn, backends))
    reason = why_denied(request, _policies(call, need, arn, backends))
    if reason is None and _is_outside(call, arn, backends) and is_public_blocked(arn, backends):
        reason = f"because public policies are blocked by the BlockPublicAccess setting of {arn}"
    if reason is None:
        return None
    if call.principal.type == "Anonymous":
        return Denial("AccessDenied", "Access Denied")
    return _worded(call, f"{_who(call)} is not authorized to perform: {need.action}{_on(call, arn)} {reason}")


def _policies(call: ApiCall, need: Need, arn: str, backends: Backends) -> Policies:
    principal = call.principal
    has_account = bool(principal.account)
    is_iam_resource = need.action.startswith("iam:")
    return Policies(
        identity=identity_policies(principal, backends),
        boundary=boundary(principal, backends) if has_account else None,
        session=session_policies(principal, backends),
        resource=() if is_iam_resource else resource_policies(arn, backends),
        resource_account=owner_of(arn, backends),
        must_resource_allow=must_resource_allow(need.action, arn),
        control=control_policies(principal.account, backends) if has_account else (),
    )


def _is_outside(call: ApiCall, arn: str, backends: Backends) -> bool:
    return arn.startswith("arn:aws:s3:::") and call.principal.account != owner_of(arn, backends)


def _who(call: ApiCall) -> str:
    return f"User: {call.principal.arn or 'anonymous'}"


def _action(call: ApiCall) -> str:
    return f"{call.signing_name or call.service}:{call.operation}"


def _on(call: ApiCall, arn: str) -> str:
    if call.service == "ec2" and arn == "*":
        return ""
    return f' on resource: "{arn}"' if call.service == "s3" else f" on resource: {arn}"


def _worded(call: ApiCall, text: str) -> Denial:
    if call.service == "ec2":
        return Denial("UnauthorizedOperation", f"You are not authorized to perform this operation. {text}")
    if call.service in _QUERY:
        return Denial("AccessDenied", text)
    return Denial("AccessDeniedException", text, 400)
