"""Policy documents of IAM and of resources: what their statements allow, and to whom.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from nephoscope.model.errors import NotCollected

# Keys whose fixed value makes a grant to everyone a grant to somebody: (key, how its values are read).
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of
# public", and the condition keys of KMS, SNS, Lambda and STS that name a caller.
_RESTRICTING = {
    "aws:principalaccount": "fixed",
    "aws:principalarn": "arn",
    "aws:principalorgid": "fixed",
    "aws:principalorgpaths": "org path",
    "aws:resourceorgid": "no",
    "aws:sourceaccount": "fixed",
    "aws:sourcearn": "arn",
    "aws:sourceip": "network",
    "aws:vpcsourceip": "no",
    "aws:sourceorgid": "fixed",
    "aws:sourceorgpaths": "org path",
    "aws:sourceowner": "fixed",
    "aws:sourcevpc": "fixed",
    "aws:sourcevpcarn": "arn",
    "aws:sourcevpce": "fixed",
    "aws:userid": "user id",
    "kms:calleraccount": "fixed",
    "lambda:eventsourcetoken": "fixed",
    "s3:dataaccesspointaccount": "fixed",
    "s3:dataaccesspointarn": "arn",
    "sns:endpoint": "no",
    "sts:externalid": "no",
}
_EQUALITY = {
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "ipaddress",
}
_TEMPLATE_SYMBOL = re.compile(r"\$\{(AWS::)?[^}:*]+\}")
_BARE_PRINCIPAL = re.compile(r"\*|[0-9]{12}|arn:.+|.+\.amazonaws\.com(\.cn)?|\$\{.+\}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_WIDEST_PREFIX = {4: 8, 6: 32}


@dataclass(frozen=True)
class Statement:
    """One statement, read as far as it is asked about, so that an unknown resource does not hide a known principal."""

    raw: Any

    @property
    def is_allow(self) -> bool:
        effect = self.raw["Effect"]
        if effect not in ("Allow", "Deny"):
            raise ValueError(f"a statement neither allows nor denies: {str(effect)[:40]}")
        return effect == "Allow"

    @property
    def sid(self) -> str:
        return str(self.raw.get("Sid", ""))

    def covers_action(self, action: str) -> bool:
        """Whether it speaks of an action, such as `s3:GetObject`; capitals do not count."""
        element = "Action" if "Action" in self.raw else "NotAction"
        is_named = any(matches(each, action, any_case=True) for each in self.texts(element))
        return is_named == (element == "Action")

    @property
    def covers_every_action(self) -> bool:
        """`*`, or `*:*`; a NotAction leaves something out."""
        return any(_is_all(each.replace(":", "")) for each in self.texts("Action"))

    @property
    def covers_every_resource(self) -> bool:
        return any(_is_all(each) for each in self.texts("Resource"))

    @property
    def names_everyone(self) -> bool:
        """Whether its principal is everyone, conditions aside."""
        return "NotPrincipal" in self.raw or any(_is_everyone(kind, value) for kind, value in self.principals())

    @property
    def is_restricted(self) -> bool:
        """Whether a condition narrows everyone down to named accounts, organisations, networks or resources."""
        return any(_restricts(*condition) for condition in self.conditions())

    @property
    def is_public(self) -> bool:
        """Whether it allows something to everyone."""
        return self.is_allow and self.names_everyone and not self.is_restricted

    def texts(self, element: str) -> Iterator[str]:
        """An element's value or values; none if it is not there."""
        return _listed(self.raw.get(element, ()))

    def principals(self) -> Iterator[tuple[str, str]]:
        """(kind, value): ("AWS", "*"), ("Service", "sns.amazonaws.com"), ("Federated", …)."""
        found = self.raw["Principal"]
        if not isinstance(found, Mapping):
            for each in list(_listed(found)) or [""]:
                if not _BARE_PRINCIPAL.fullmatch(each):
                    raise ValueError(f"a statement's principal is neither everyone nor an object: {each[:40]}")
                yield "AWS", each
            return
        for kind, values in found.items():
            yield from ((kind, each) for each in _listed(values))

    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """(operator, key, values)."""
        for operator, tests in self.raw.get("Condition", {}).items():
            for key, values in tests.items():
                yield operator, key, tuple(_listed(values))

    def accounts(self) -> frozenset[str]:
        """The accounts that its AWS principals belong to."""
        aws = (value for kind, value in self.principals() if kind == "AWS")
        return frozenset(found.group() for value in aws if (found := _ACCOUNT.search(value)))

    def __str__(self) -> str:
        """What it speaks of, in a few words."""
        try:
            element = "Action" if "Action" in self.raw else "NotAction"
            actions = list(self.texts(element)) or ["do something"]
        except NotCollected:
            return "do what is not known"
        but = "everything but " if element == "NotAction" and "NotAction" in self.raw else ""
        sid = f" (statement {self.sid})" if self.sid else ""
        return but + ", ".join(actions[:3]) + (" …" if len(actions) > 3 else "") + sid


def statements(document: Any) -> Iterator[Statement]:
    """A policy document's statements; the document is a mapping or its JSON text.

    Raises NotCollected if any of it is not known, ValueError for what is no policy document.
    """
    if isinstance(document, str):
        document = _decoded(document)
    if not isinstance(document, Mapping):
        raise ValueError("a policy document is an object")
    found = document["Statement"]
    if isinstance(found, str) or not isinstance(found, Mapping | Sequence):
        raise ValueError("a policy's statement is an object, or a list of them")
    return (Statement(each) for each in ([found] if isinstance(found, Mapping) else found))


def public_statement(document: Any) -> Statement | None:
    """The first statement that allows something to everyone."""
    return next((each for each in statements(document) if each.is_public), None)


def is_administrator(statement: Statement) -> bool:
    """Whether it allows every action on every resource."""
    return statement.is_allow and statement.covers_every_action and statement.covers_every_resource


def identity_documents(item: Any) -> Iterator[tuple[str, Any]]:
    """(name, document) of what is a policy itself, or of the inline policies of a user, role or group."""
    if "PolicyDocument" in item:
        yield "it", item["PolicyDocument"]
        return
    for policy in item.each("Policies"):
        yield str(policy.get("PolicyName", "an inline policy")), policy["PolicyDocument"]


def attached_document(item: Any, satellite: str) -> Any:
    """The document of a policy that is a resource of its own, or that lies in an item as a satellite; None is none."""
    policy = item if "PolicyDocument" in item else item[satellite]
    if not isinstance(policy, Mapping) or "PolicyDocument" not in policy:
        return policy
    if policy["PolicyDocument"] is None:
        raise ValueError("a policy has no document")
    return policy["PolicyDocument"]


def public_attached(item: Any, satellite: str) -> Statement | None:
    """The first statement of an attached policy that allows something to everyone; no policy allows nothing."""
    document = attached_document(item, satellite)
    return None if document is None else public_statement(document)


def settled(text: str) -> str:
    """A text in which a template's symbols (`${Bucket.Arn}`, `${AWS::AccountId}`), each one fixed thing, are words.

    Policy variables (`${aws:username}`) stay: they stand for many things.
    """
    return _TEMPLATE_SYMBOL.sub("symbol", text)


def matches(pattern: str, text: str, *, any_case: bool = False) -> bool:
    """Whether `*` and `?` of a pattern can stand for what a text has; in time linear in both, whatever the pattern."""
    if any_case:
        pattern, text = pattern.lower(), text.lower()
    at = place = 0
    star, mark = -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, place, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotCollected("PolicyDocument", f"is not JSON: {error}") from error


def _listed(value: Any) -> Iterator[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield _text(each)
    else:
        yield _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int):
        raise ValueError(f"a policy document holds something else where a text belongs: {str(value)[:40]}")
    return str(value)


def _is_all(pattern: str) -> bool:
    return bool(pattern) and not pattern.strip("*")


def _is_everyone(kind: str, value: str) -> bool:
    """`*`, or an ARN of any account; services are nobody's account."""
    if kind in ("Service", "CanonicalUser"):
        return _is_all(value)
    parts = value.split(":")
    return _is_all(value) or (kind == "AWS" and len(parts) > 4 and "*" in parts[4])


def _restricts(operator: str, key: str, values: tuple[str, ...]) -> bool:
    """Whether a condition holds only for somebody in particular.

    A set operator ForAllValues, and an operator …IfExists, also hold where the key is absent, as it is for an anonymous
    caller; a negated one holds for all but somebody.
    """
    qualifier, _, name = operator.lower().rpartition(":")
    how = _RESTRICTING.get(key.lower(), "no")
    if how == "no" or qualifier == "forallvalues" or name not in _EQUALITY or not values:
        return False
    return all(_READ[how](settled(value)) for value in values)


def _is_fixed(value: str) -> bool:
    return bool(value) and not set("*?") & set(value) and "${" not in value


def _is_fixed_arn(value: str) -> bool:
    """An ARN of one account, or of a named bucket, whose ARN has no account; or a template's symbol for one."""
    parts = value.split(":", 5)
    if value == "symbol":
        return True
    if len(parts) < 6:
        return False
    return _is_fixed(parts[4]) or (not parts[4] and parts[2] == "s3" and _is_fixed(parts[5].partition("/")[0]))


def _is_fixed_path(value: str) -> bool:
    return _is_fixed(value.partition("/")[0])


def _is_fixed_user(value: str) -> bool:
    return _is_fixed(value.partition(":")[0])


def _is_narrow_network(value: str) -> bool:
    """A private network, or a public one no wider than what AWS still calls not public."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return network.is_private if network.prefixlen < _WIDEST_PREFIX[network.version] else True


_READ = {
    "fixed": _is_fixed,
    "arn": _is_fixed_arn,
    "org path": _is_fixed_path,
    "user id": _is_fixed_user,
    "network": _is_narrow_network,
}
