"""CloudTrail records as AWS writes them, for tests."""

from datetime import UTC, datetime, timedelta

ACCOUNT = "123456789012"
NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
GROUP = "sg-0a1b2c3d4e5f60718"


def event(name, request=None, response=None, *, by="ann", after_s=5, source="ec2", **more):
    at = NOON + timedelta(seconds=after_s)
    return {
        "eventID": f"{name}-{by}-{after_s}",
        "eventName": name,
        "eventSource": f"{source}.amazonaws.com",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/{by}", "accountId": ACCOUNT},
        "requestParameters": request,
        "responseElements": response,
    } | more


def authorize(rule, **more):
    permission = {
        "ipProtocol": rule["IpProtocol"],
        "fromPort": rule["FromPort"],
        "toPort": rule["ToPort"],
        "ipRanges": {"items": [{"cidrIp": rule["CidrIp"]}]},
    }
    request = {"groupId": GROUP, "ipPermissions": {"items": [permission]}}
    return event("AuthorizeSecurityGroupIngress", request, {"_return": True}, **more)
