"""Whether a network is new takes a memory of those that were seen."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from nephoscope.detect.python_rules import rule

if TYPE_CHECKING:
    from nephoscope.detect.python_rules import Event, History


@rule(
    product="aws",
    service="cloudtrail",
    level="medium",
    when={"eventName": ["ConsoleLogin", "GetCallerIdentity", "GetSessionToken", "GetFederationToken"]},
    tags=("attack.initial-access", "attack.stealth", "attack.t1078.004"),
)
def identity_signed_in_from_a_new_network(event: Event, history: History) -> bool | str:
    """Identity signed in, or asked who it is, from a network it never used.

    Why: the first call made with a stolen password or key comes from where its owner never was.
    False positives: travel; a new office, pipeline or provider of internet access.
    Limits: users and root only, /16 of IPv4 and /32 of IPv6; the first network seen is taken as its own.
    Source: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html

    >>> from nephoscope.detect.python_rules import History
    >>> seen = History()
    >>> def login(address):
    ...     user = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"}
    ...     return {"eventName": "ConsoleLogin", "sourceIPAddress": address, "userIdentity": user}
    >>> identity_signed_in_from_a_new_network(login("198.51.100.7"), seen)
    False
    >>> identity_signed_in_from_a_new_network(login("198.51.7.7"), seen)
    False
    >>> identity_signed_in_from_a_new_network(login("203.0.113.9"), seen)
    '203.0.0.0/16 is new, beside 198.51.0.0/16'
    >>> identity_signed_in_from_a_new_network(login("cloudformation.amazonaws.com"), seen)
    False
    """
    network = _network(str(event["sourceIPAddress"]))
    identity = event["userIdentity.arn"]
    is_person = event["userIdentity.type"] in ("IAMUser", "Root")
    if not network or not identity or not is_person or event["responseElements.ConsoleLogin"] == "Failure":
        return False
    known = history.seen(identity)
    is_new = history.remember(identity, network)
    return f"{network} is new, beside {', '.join(sorted(known)[:5])}" if is_new and known else False


def _network(address: str) -> str:
    """The address's network; empty for what is no address, as AWS's own names."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/{16 if version == 4 else 32}", strict=False))
