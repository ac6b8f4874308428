"""What no API call does: signing in to the console, and an instance fetching its role's credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.call import Principal
from nephoscope.sandbox.caller import PARTITION, root
from nephoscope.sandbox.cloud import service_wire
from nephoscope.sandbox.record import TLS, VERSION, identity, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.cloud import Cloud

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CONSOLE = "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_us-east-1"


def sign_in(cloud: Cloud, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sign in to the console and record it.

    given: account, user_name ("root" for the root user), password, and optionally source_ip, user_agent, mfa. Root's
    password is anything. Raises LookupError for what is not given. Returns ConsoleLogin's outcome.
    """
    account, name = str(given["account"]), str(given["user_name"])
    principal, is_right = _user(cloud, account, name, str(given.get("password", "")))
    outcome = "Success" if is_right else "Failure"
    who = identity(principal) | ({} if is_right else {"accessKeyId": ""})
    written = {
        "eventVersion": VERSION,
        "userIdentity": who,
        "eventTime": stamp(now()),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": "us-east-1",
        "sourceIPAddress": str(given.get("source_ip", "127.0.0.1")),
        "userAgent": str(given.get("user_agent", BROWSER)),
        **({} if is_right else {"errorMessage": "Failed authentication"}),
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": outcome},
        "additionalEventData": {
            "LoginTo": CONSOLE,
            "MobileVersion": "No",
            "MFAUsed": "Yes" if given.get("mfa") else "No",
        },
        "eventID": str(uuid4()),
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": TLS | {"clientProvidedHostHeader": "signin.aws.amazon.com"},
    }
    cloud.write_record(account, "us-east-1", written)
    return {"ConsoleLogin": outcome}


def _user(cloud: Cloud, account: str, name: str, password: str) -> tuple[Principal, bool]:
    if name == "root":
        return root(account), True
    with cloud.locked():
        user = cloud.backends.iam[account][PARTITION].users.get(name)
    if user is None:
        hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
        return Principal("IAMUser", account, "", "", "", hidden), False
    is_right = bool(user.password) and user.password == password
    return Principal("IAMUser", account, user.arn, user.id, "", user.name), is_right


def instance_credentials(cloud: Cloud, given: Mapping[str, Any]) -> dict[str, Any]:
    """Hand out the credentials of an instance's role, as the instance metadata service would on the instance.

    given: instance_id. Raises LookupError where there is no such instance, none with a role, or its metadata service is
    off. Returns what the metadata service answers; EC2's AssumeRole is recorded.
    """
    account, region, role_arn = _role_of(cloud, str(given["instance_id"]))
    form = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": role_arn,
        "RoleSessionName": given["instance_id"],
        "DurationSeconds": "21600",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "ec2.amazonaws.com"}
    wire = service_wire(account, region, "sts", "/", urlencode(form).encode(), headers)
    session = cloud.assume_for_service(wire)
    if session is None or session.session is None:
        raise LookupError(f"{role_arn} could not be assumed")
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.session.secret,
        "Token": session.session.token,
        "Expiration": stamp(session.session.expires_at),
    }


def _role_of(cloud: Cloud, instance_id: str) -> tuple[str, str, str]:
    with cloud.locked():
        for account, regions in list(cloud.backends.of("ec2").items()):
            for region, backend in list(regions.items()):
                for reservation in backend.reservations.values():
                    for instance in reservation.instances:
                        if instance.id == instance_id:
                            _require_metadata(instance)
                            return account, region, _profile_role(cloud, account, instance)
    raise LookupError(f"no instance {json.dumps(instance_id)}")


def _require_metadata(instance: Any) -> None:
    if instance.metadata_options.http_endpoint == "disabled":
        raise LookupError(f"the metadata service of instance {instance.id} is off")


def _profile_role(cloud: Cloud, account: str, instance: Any) -> str:
    backend = cloud.backends.iam[account][PARTITION]
    given: Any = instance.iam_instance_profile
    named = {given if isinstance(given, str) else getattr(given, "arn", "")}
    associations = cloud.backends.of("ec2")[account][instance.region_name].iam_instance_profile_associations
    named |= {one.iam_instance_profile.arn for one in associations.values() if one.instance.id == instance.id}
    for profile in backend.instance_profiles.values():
        if {profile.arn, profile.name} & named and profile.roles:
            return str(profile.roles[0].arn)
    raise LookupError(f"instance {instance.id} has no role")
