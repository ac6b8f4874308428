"""CloudFormation templates, YAML or JSON → declared resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.document import Block, parse
from nephoscope.inventory.templates.fold import Declared
from nephoscope.inventory.templates.intrinsics import Scope
from nephoscope.inventory.templates.unresolved import Unresolved, bounded, settle
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NUMBERS = frozenset(
    [
        "BackupRetentionPeriod",
        "CreateAndReplaceAfter",
        "FromPort",
        "HealthCheckGracePeriod",
        "Iops",
        "MinimumPasswordLength",
        "Port",
        "Protocol",
        "RetentionInDays",
        "RuleNumber",
        "ToPort",
        "VolumeSize",
    ]
)
VERBATIM = frozenset(
    [
        "AssumeRolePolicyDocument",
        "Environment",
        "KeyPolicy",
        "Metadata",
        "PolicyDocument",
        "ResourcePolicy",
        "RepositoryPolicyText",
        "Tags",
        "UserData",
        "Variables",
    ]
)
NAMES = ("BucketName", "GroupName", "UserName", "RoleName", "FunctionName", "TopicName", "QueueName", "Name")


def is_template(document: Any) -> bool:
    """Whether a document looks like a CloudFormation template."""
    if not isinstance(document, dict):
        return False
    resources = document.get("Resources")
    return "AWSTemplateFormatVersion" in document or (
        isinstance(resources, dict)
        and any(isinstance(each, dict) and str(each.get("Type", "")).count("::") >= 1 for each in resources.values())
    )


def read(text: str, file: str) -> tuple[list[Declared], list[Gap]]:
    """The resources of a template, in its order, and what of it is not supported.

    Raises SourceError for what is not a template; parts that are wrong become gaps.
    """
    return declared(parse(text, file), file)


def declared(document: Any, file: str) -> tuple[list[Declared], list[Gap]]:
    """The resources of a parsed template. Raises SourceError if it has none."""
    resources = document.get("Resources") if isinstance(document, dict) else None
    if not isinstance(resources, Block):
        raise SourceError(file, "has no Resources")
    gaps = [Gap("object", file, "its transforms are not carried out")] if "Transform" in document else []
    scope = _scope(document, resources)
    found: list[Declared] = []
    for logical, body in resources.items():
        line = resources.lines[logical]
        if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
            gaps.append(Gap("object", f"{file}:{line}", f"the resource {logical[:100]} has no Type"))
            continue
        if _is_made(scope, body) is not False:
            found.append(_declare(scope, logical, body, line, file))
    return found, gaps


def _scope(document: Mapping[str, Any], resources: Block) -> Scope:
    return Scope(
        dict(_parameters(document.get("Parameters"))),
        _object(document.get("Mappings")),
        _object(document.get("Conditions")),
        frozenset(resources),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _parameters(parameters: Any) -> Iterator[tuple[str, Any]]:
    for name, parameter in _object(parameters).items():
        default = _object(parameter).get("Default")
        if default is None:
            yield name, Unresolved(f"the parameter {name[:100]} has no default")
        elif "List" in str(_object(parameter).get("Type", "")):
            yield name, [each.strip() for each in str(default).split(",")]
        elif str(_object(parameter).get("Type", "")).startswith("AWS::SSM::"):
            yield name, Unresolved(f"the parameter {name[:100]} is read from SSM when deployed")
        else:
            yield name, default


def _is_made(scope: Scope, body: Mapping[str, Any]) -> bool | Unresolved:
    """Whether a resource's condition lets it be made; one that cannot be decided is judged all the same."""
    condition = body.get("Condition")
    return True if condition is None else scope.holds(str(condition))


def _declare(scope: Scope, logical: str, body: Mapping[str, Any], line: int, file: str) -> Declared:
    resolved = bounded(scope.resolve(body.get("Properties") or {}))
    if isinstance(resolved, Unresolved) or not isinstance(resolved, dict):
        cause = resolved.cause if isinstance(resolved, Unresolved) else "its Properties are no object"
        return Declared(body["Type"], logical, {}, line, file, logical, {"": cause})
    properties, holes = settle(coerced(resolved))
    name = next((value for key in NAMES if isinstance(value := properties.get(key), str)), "")
    return Declared(body["Type"], logical, properties, line, file, logical, holes, name)


def coerced(value: Any, key: str = "") -> Any:
    """Text that CloudFormation takes for booleans and numbers, as those; policies, tags and variables stay text."""
    if isinstance(value, dict):
        return {name: each if name in VERBATIM else coerced(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [coerced(each, key) for each in value]
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        if key in NUMBERS and value.lstrip("-").isdigit():
            return int(value)
    return value
