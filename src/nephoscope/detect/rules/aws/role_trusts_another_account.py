"""Whether an account is another one takes two fields of the record: Sigma cannot compare parts of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.detect.python_rules import rule

if TYPE_CHECKING:
    from nephoscope.detect.python_rules import Event, History

ACCOUNT = re.compile(r'"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"')
ANYONE = re.compile(r'"(?:AWS|Principal)"\s*:\s*(?:\[\s*)?"\*"')
DOCUMENTS = ("requestParameters.assumeRolePolicyDocument", "requestParameters.policyDocument")


@rule(
    product="aws",
    service="cloudtrail",
    level="high",
    when={"eventSource": "iam.amazonaws.com", "eventName": ["CreateRole", "UpdateAssumeRolePolicy"]},
    tags=("attack.persistence", "attack.privilege-escalation", "attack.t1098", "attack.t1199"),
)
def role_trusts_another_account(event: Event, history: History) -> bool | str:
    """Role trusts another account.

    Why: whoever holds that account can come back into this one, without a user or key here.
    False positives: a service provider or another account of yours.
    Limits: only the first time a role of this name is given to that account; conditions on the trust are not judged.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html

    >>> def update(principal, **more):
    ...     document = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "%s"}}]}' % principal
    ...     return {"recipientAccountId": "111122223333", "requestParameters": {"policyDocument": document}, **more}
    >>> role_trusts_another_account(update("arn:aws:iam::999988887777:root"))
    'trusts 999988887777'
    >>> role_trusts_another_account(update("*"))
    'trusts everyone'
    >>> role_trusts_another_account(update("arn:aws:iam::111122223333:role/deploy"))
    False
    >>> role_trusts_another_account(update("999988887777", errorCode="AccessDenied"))
    False
    """
    document = next((text for path in DOCUMENTS if isinstance(text := event[path], str)), "")
    if event["errorCode"] or not document:
        return False
    own = str(event["recipientAccountId"])
    others = sorted(set(ACCOUNT.findall(document)) - {own}) + ["everyone"] * bool(ANYONE.search(document))
    role = f"{own}/{event['requestParameters.roleName']}"
    new = [other for other in others if history.remember(role, other)]
    return f"trusts {', '.join(new)}" if new else False
