"""Temporary credentials: those that moto hands out, remembered with what moto forgets, and those that we hand out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.call import Principal, Session
from nephoscope.sandbox.caller import PARTITION, utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.answer import Outcome
    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.caller import Backends

ASSUMED = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")


def caller_identity(call: ApiCall) -> dict[str, str]:
    """GetCallerIdentity's answer; moto knows neither root nor federated users."""
    principal = call.principal
    return {"UserId": principal.principal_id, "Account": principal.account, "Arn": principal.arn}


def issue(call: ApiCall, account: str) -> dict[str, Any]:
    """Fresh credentials (temporary access key, secret, token) in the shape of STS's answers."""
    from moto.iam.utils import generate_access_key_id_from_account_id, random_alphanumeric
    from moto.sts.utils import random_session_token

    lasts_s = int(call.parameters.get("DurationSeconds", 43200 if call.operation != "AssumeRole" else 3600))
    return {
        "AccessKeyId": generate_access_key_id_from_account_id(account, prefix="ASIA", total_length=20),
        "SecretAccessKey": random_alphanumeric(40),
        "SessionToken": random_session_token(),
        "Expiration": (call.at + timedelta(seconds=lasts_s)).replace(microsecond=0),
    }


def session_token(call: ApiCall) -> dict[str, Any]:
    """GetSessionToken's answer; moto's is the same for everybody."""
    return {"Credentials": issue(call, call.account)}


def federation_token(call: ApiCall) -> dict[str, Any]:
    """GetFederationToken's answer; moto's is the same for everybody."""
    name = call.parameters.get("Name", "")
    user = {
        "FederatedUserId": f"{call.account}:{name}",
        "Arn": f"arn:{PARTITION}:sts::{call.account}:federated-user/{name}",
    }
    return {"Credentials": issue(call, call.account), "FederatedUser": user, "PackedPolicySize": 4}


def remember(call: ApiCall, outcome: Outcome, backends: Backends) -> Principal | None:
    """The principal that an STS answer's credentials make, None where the answer has none."""
    credentials = (outcome.result or {}).get("Credentials")
    if call.service != "sts" or not credentials:
        return None
    session = _session(call, credentials)
    if call.operation == "GetSessionToken":
        return replace(call.principal, access_key_id=credentials["AccessKeyId"], session=session)
    if call.operation == "GetFederationToken":
        user = (outcome.result or {})["FederatedUser"]
        issued = replace(session, policy=call.parameters.get("Policy", ""), name=call.parameters.get("Name", ""))
        key = credentials["AccessKeyId"]
        return Principal("FederatedUser", call.account, user["Arn"], user["FederatedUserId"], key, "", issued)
    if call.operation in ASSUMED:
        return assumed(call, outcome.result or {}, session, backends)
    return None


def assumed(call: ApiCall, result: Mapping[str, Any], session: Session, backends: Backends) -> Principal:
    """The principal of a session that assumed a role."""
    role_arn, name = call.parameters.get("RoleArn", ""), call.parameters.get("RoleSessionName", "")
    account, role_name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role_id = result["AssumedRoleUser"]["AssumedRoleId"].partition(":")[0]
    for role in backends.iam[account][PARTITION].roles.values():
        if role.arn == role_arn:
            role_id = role.id
    issued = replace(
        session,
        issuer_type="Role",
        issuer_arn=role_arn,
        issuer_id=role_id,
        issuer_account=account,
        issuer_name=role_name,
        name=name,
        policy=call.parameters.get("Policy", ""),
        policy_arns=tuple(named["arn"] for named in call.parameters.get("PolicyArns", ())),
        tags={tag["Key"]: tag["Value"] for tag in call.parameters.get("Tags", ())},
        source_identity=call.parameters.get("SourceIdentity", ""),
        ec2_role_delivery="2.0" if call.user_agent == "ec2.amazonaws.com" else "",
    )
    arn = f"arn:{PARTITION}:sts::{account}:assumed-role/{role_name}/{name}"
    key = result["Credentials"]["AccessKeyId"]
    return Principal("AssumedRole", account, arn, f"{role_id}:{name}", key, "", issued)


def _session(call: ApiCall, credentials: Mapping[str, Any]) -> Session:
    ends_at = credentials["Expiration"]
    issuer = call.principal
    return Session(
        issuer_type="Root" if issuer.type == "Root" else "IAMUser",
        issuer_arn=issuer.arn,
        issuer_id=issuer.principal_id,
        issuer_account=issuer.account,
        issuer_name=issuer.user_name,
        issued_at=call.at.replace(microsecond=0),
        expires_at=utc(ends_at) if isinstance(ends_at, datetime) else call.at + timedelta(hours=1),
        has_mfa=bool(call.parameters.get("SerialNumber") and call.parameters.get("TokenCode")),
        token=credentials["SessionToken"],
        secret=credentials["SecretAccessKey"],
    )
