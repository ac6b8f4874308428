"""A call and what came of it → its CloudTrail record, as AWS writes it.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nephoscope.sandbox.naming import event_name, event_region, event_source, is_data, is_read_only
from nephoscope.sandbox.shape import request_parameters, response_elements
from nephoscope.sandbox.subject import resources

if TYPE_CHECKING:
    from datetime import datetime

    from nephoscope.sandbox.answer import Answer, Outcome
    from nephoscope.sandbox.call import ApiCall, Principal, Session

VERSION = "1.10"
REQUEST_ID = re.compile(rb"<[rR]equest(?:Id|ID|id)>([^<]+)<")
TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}


def stamp(moment: datetime) -> str:
    """`2026-11-21T09:43:30Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(call: ApiCall, outcome: Outcome, answer: Answer) -> dict[str, Any]:
    """Write the record of one call; keys stand in AWS's order."""
    is_data_event = is_data(call)
    written = {
        "eventVersion": VERSION,
        "userIdentity": identity(call.principal),
        "eventTime": stamp(call.at),
        "eventSource": event_source(call),
        "eventName": event_name(call),
        "awsRegion": event_region(call),
        "sourceIPAddress": call.principal.invoked_by or call.source_ip,
        "userAgent": call.principal.invoked_by or call.user_agent,
        **_error(call, outcome),
        "requestParameters": request_parameters(call) if _says_parameters(outcome, call) else None,
        "responseElements": response_elements(call, outcome),
        **_additional(call, answer),
        "requestID": _request_id(call, answer),
        "eventID": str(uuid4()),
        "readOnly": is_read_only(call),
        **({"resources": named} if (named := resources(call, outcome)) else {}),
        "eventType": "AwsApiCall",
        **_api_version(call),
        "managementEvent": not is_data_event,
        "recipientAccountId": call.account,
        **({"sharedEventID": str(uuid4())} if call.principal.type in ("AWSService", "AWSAccount") else {}),
        "eventCategory": "Data" if is_data_event else "Management",
    }
    if call.principal.invoked_by == "":
        written["tlsDetails"] = TLS | {"clientProvidedHostHeader": host(call)}
    if call.principal.session and call.principal.session.is_from_console:
        written["sessionCredentialFromConsole"] = "true"
    return written


def identity(principal: Principal) -> dict[str, Any]:
    """The userIdentity element of a principal."""
    if principal.type == "AWSService":
        return {"type": "AWSService", "invokedBy": principal.invoked_by}
    if principal.type == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    written: dict[str, Any] = {"type": principal.type, "principalId": principal.principal_id}
    if principal.type == "AWSAccount":
        return written | {"accountId": principal.account}
    written |= {"arn": principal.arn, "accountId": principal.account}
    if principal.access_key_id:
        written["accessKeyId"] = principal.access_key_id
    if principal.user_name:
        written["userName"] = principal.user_name
    if principal.session:
        written["sessionContext"] = session_context(principal, principal.session)
    if principal.invoked_by:
        written["invokedBy"] = principal.invoked_by
    return written


def session_context(principal: Principal, session: Session) -> dict[str, Any]:
    """The sessionContext of temporary credentials; that of a user's or root's own has no issuer."""
    attributes = {"creationDate": stamp(session.issued_at), "mfaAuthenticated": str(session.has_mfa).lower()}
    written: dict[str, Any] = {}
    if principal.type in ("AssumedRole", "FederatedUser"):
        written["sessionIssuer"] = {
            "type": session.issuer_type,
            "principalId": session.issuer_id,
            "arn": session.issuer_arn,
            "accountId": session.issuer_account,
            **({"userName": session.issuer_name} if session.issuer_name else {}),
        }
    written["attributes"] = attributes
    if session.source_identity:
        written["sourceIdentity"] = session.source_identity
    if session.ec2_role_delivery:
        written["ec2RoleDelivery"] = session.ec2_role_delivery
    return written


def host(call: ApiCall) -> str:
    """The host name that a client of the real AWS would have asked."""
    if call.service == "s3":
        bucket = call.parameters.get("Bucket", "")
        place = "" if call.region == "us-east-1" else f".{call.region}"
        return f"{bucket}.s3{place}.amazonaws.com" if bucket else f"s3{place}.amazonaws.com"
    if call.service == "s3control":
        return f"{call.account}.s3-control.{call.region}.amazonaws.com"
    if event_region(call) != call.region or call.service in ("iam", "organizations", "cloudfront", "route53"):
        return f"{call.signing_name}.amazonaws.com"
    return f"{call.signing_name}.{call.region}.amazonaws.com"


def _error(call: ApiCall, outcome: Outcome) -> dict[str, str]:
    if not outcome.error_code:
        return {}
    code = "Client." + outcome.error_code if call.service == "ec2" else outcome.error_code
    return {"errorCode": code} | ({"errorMessage": outcome.error_message} if outcome.error_message else {})


def _says_parameters(outcome: Outcome, call: ApiCall) -> bool:
    """Most services leave the parameters out where the caller was not allowed, EC2 and S3 keep them."""
    denied = outcome.error_code in ("AccessDenied", "AccessDeniedException", "ThrottlingException")
    return not denied or call.service in ("s3", "s3control", "ec2", "ce")


def _additional(call: ApiCall, answer: Answer) -> dict[str, Any]:
    if call.service not in ("s3", "s3control"):
        return {}
    digest = hashlib.sha512(call.request_id.encode()).digest()
    written = {
        "SignatureVersion": "SigV4",
        "CipherSuite": TLS["cipherSuite"],
        "bytesTransferredIn": call.body_bytes,
        "AuthenticationMethod": "QueryString" if call.is_presigned else "AuthHeader",
        "x-amz-id-2": base64.b64encode(digest).decode(),
        "bytesTransferredOut": len(answer.body),
    }
    if call.principal.type == "Anonymous":
        del written["SignatureVersion"], written["AuthenticationMethod"]
    return {"additionalEventData": written}


def _request_id(call: ApiCall, answer: Answer) -> str:
    if call.service in ("s3", "s3control"):
        return hashlib.sha256(call.request_id.encode()).hexdigest()[:16].upper()
    if found := answer.header("x-amzn-requestid"):
        return found
    found_in_body = REQUEST_ID.search(answer.body[:300]) or REQUEST_ID.search(answer.body[-300:])
    return found_in_body[1].decode() if found_in_body else call.request_id


def _api_version(call: ApiCall) -> dict[str, str]:
    versions = {"logs": "20140328", "elb": "2012-06-01", "elbv2": "2015-12-01", "route53": "2013-04-01"}
    return {"apiVersion": versions[call.service]} if call.service in versions else {}
