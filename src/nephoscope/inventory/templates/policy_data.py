"""Terraform's `aws_iam_policy_document` data → the policy's JSON.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.unresolved import Unresolved, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def policy_json(data: Mapping[str, Any]) -> str | Unresolved:
    """The document's `json`; Unresolved if any part of it is."""
    if "source_policy_documents" in data or "override_policy_documents" in data:
        return Unresolved("the policy document is merged from others")
    settled, holes = settle(dict(data))
    if holes:
        return Unresolved(next(iter(holes.values())))
    statements = [_statement(each) for each in settled.get("statement", [])]
    return json.dumps({"Version": settled.get("version", "2012-10-17"), "Statement": statements})


def _statement(data: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": data["sid"]} if data.get("sid") else {}
    statement["Effect"] = data.get("effect", "Allow")
    statement |= {theirs: data[ours] for ours, theirs in LISTS.items() if data.get(ours)}
    for ours, theirs in PRINCIPALS.items():
        if data.get(ours):
            statement[theirs] = _principals(data[ours])
    if data.get("condition"):
        statement["Condition"] = _conditions(data["condition"])
    return statement


def _principals(blocks: list[Mapping[str, Any]]) -> Any:
    if any(block["type"] == "*" for block in blocks):
        return "*"
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(block["type"], []).extend(block["identifiers"])
    return found


def _conditions(blocks: list[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        found.setdefault(block["test"], {}).setdefault(block["variable"], []).extend(block["values"])
    return found
