"""Sigma YAML → rules and correlations of ours, by pySigma."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import re2
import sigma.exceptions as refused
from sigma.correlations import (
    CorrelationConditionItem,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine
from sigma.rule import SigmaRule, SigmaRuleBase, SigmaStatus

from nephoscope.detect.conditions import Placeholders, condition_of
from nephoscope.detect.rule import About, Correlation, Rule, Threshold
from nephoscope.detect.terms import check_of
from nephoscope.model.condition import FIELD_TESTS, Any_, Term, terms
from nephoscope.model.errors import ContentError
from nephoscope.model.event import LogSource
from nephoscope.model.finding import Severity

if TYPE_CHECKING:
    from nephoscope.documents import Document

MAX_CONDITION = 10_000  # characters
MAX_PARENTHESES = 30
METADATA_ERRORS = (  # what they spoil does not change what a rule matches
    refused.SigmaAuthorError,
    refused.SigmaDateError,
    refused.SigmaDescriptionError,
    refused.SigmaFalsePositivesError,
    refused.SigmaFieldsError,
    refused.SigmaLicenseError,
    refused.SigmaModifiedError,
    refused.SigmaReferencesError,
    refused.SigmaRelatedError,
    refused.SigmaScopeError,
    refused.SigmaStatusError,
    refused.SigmaTagError,
    refused.SigmaTaxonomyError,
)


class QuietRe2(RegexEngine):
    """RE2, which does not write its complaints to standard error."""

    def compile(self, pattern: str, flags: int = 0) -> Any:
        letters = "".join(letter for flag, letter in ((re.I, "i"), (re.M, "m"), (re.S, "s")) if flags & flag)
        return compile_regex(pattern, letters)

    @property
    def error(self) -> type[Exception]:
        return re2.error


def compile_regex(pattern: str, flags: str = "") -> Any:
    """Compile for RE2, whose time is linear in the text; raises re2.error for what it cannot do."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)


POLICY = SigmaPolicy(regex_engine=QuietRe2())


def read_rule(document: Document, placeholders: Placeholders | None = None) -> Rule | Correlation:
    """The rule or correlation that a YAML document describes.

    Raises ContentError, saying on which line and why, for what does not compile.
    """
    try:
        _refuse_huge_conditions(document)
        if "correlation" in document.content:
            return _correlation(document)
        return _rule(document, placeholders or {})
    except ContentError:
        raise
    except refused.SigmaError as error:
        raise ContentError(_place(document, error), _sentence(error)) from error
    except RecursionError as error:
        raise ContentError(document.where("detection.condition"), "is nested too deeply") from error
    except Exception as error:  # noqa: BLE001 - boundary: one rule's load; pySigma raises anything on odd content
        reason = f"pySigma cannot read it: {type(error).__name__}: {error}"
        raise ContentError(document.where("detection", "correlation"), reason) from error


def _refuse_huge_conditions(document: Document) -> None:
    detection = document.content.get("detection")
    condition = detection.get("condition") if isinstance(detection, dict) else None
    for text in condition if isinstance(condition, list) else [condition]:
        if isinstance(text, str) and (len(text) > MAX_CONDITION or text.count("(") > MAX_PARENTHESES):
            reason = f"condition has more than {MAX_CONDITION} characters or {MAX_PARENTHESES} parentheses"
            raise ContentError(document.where("detection.condition"), reason)


def _rule(document: Document, placeholders: Placeholders) -> Rule:
    content = {key: value for key, value in document.content.items() if key != "action"}
    parsed = SigmaRule.from_dict(cast("Any", content), collect_errors=True, policy=POLICY)
    _raise_worst(parsed.errors)
    found = tuple(condition_of(condition.parsed, placeholders) for condition in parsed.detection.parsed_condition)
    source = parsed.logsource
    rule = Rule(
        _about(parsed, document),
        LogSource(*(str(part or "").lower() for part in (source.product, source.service, source.category))),
        found[0] if len(found) == 1 else Any_(found),
    )
    for term in terms(rule.condition):
        _try(term, document)
    return rule


def _try(term: Term, document: Document) -> None:
    """Raise ContentError for a pattern that RE2 cannot run."""
    if term.test not in FIELD_TESTS:
        try:
            check_of(term)
        except re2.error as error:
            raise ContentError(
                document.where("detection"), f"{term.field}: RE2 cannot run {term.values}: {error}"
            ) from error


def _raise_worst(errors: list[refused.SigmaError]) -> None:
    for error in errors:
        if not isinstance(error, METADATA_ERRORS):
            raise error


def _about(parsed: SigmaRuleBase, document: Document) -> About:
    examples = parsed.custom_attributes.get("examples")
    examples = examples if isinstance(examples, dict) else {}
    return About(
        id=str(parsed.id or parsed.name or parsed.title),
        title=parsed.title,
        severity=Severity[parsed.level.name] if parsed.level else Severity.MEDIUM,
        name=parsed.name or "",
        where=document.where(),
        tags=tuple(str(tag) for tag in parsed.tags),
        status=parsed.status.name.lower() if isinstance(parsed.status, SigmaStatus) else "",
        description=parsed.description or "",
        falsepositives=tuple(map(str, parsed.falsepositives)),
        references=tuple(map(str, parsed.references)),
        fields=tuple(map(str, parsed.fields)),
        match=tuple(examples.get("match") or ()),
        no_match=tuple(examples.get("no_match") or ()),
    )


def _correlation(document: Document) -> Correlation:
    parsed = SigmaCorrelationRule.from_dict(document.content, collect_errors=True, policy=POLICY)
    _raise_worst(parsed.errors)
    if parsed.type is None or parsed.timespan is None:
        raise ContentError(document.where("correlation"), "a correlation needs a type and a timespan")
    condition = parsed.condition
    named = [reference.reference for reference in parsed.rules or ()]
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        named = named or condition.get_referenced_rules()
    return Correlation(
        about=_about(parsed, document),
        type=parsed.type.name.lower(),
        rules=tuple(dict.fromkeys(map(str, named))),
        timespan_s=parsed.timespan.seconds,
        threshold=_threshold(condition),
        group_by=tuple(parsed.group_by or ()),
        aliases={
            alias.alias: {reference.reference: str(field) for reference, field in alias.mapping.items()}
            for alias in parsed.aliases
        },
    )


def generates(document: Document) -> bool:
    """Whether a correlation asks that the rules it refers to make findings of their own too."""
    correlation = document.content.get("correlation")
    return isinstance(correlation, dict) and correlation.get("generate") is True


def _threshold(condition: SigmaCorrelationCondition | SigmaExtendedCorrelationCondition) -> Threshold:
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        return Threshold(expression=_expression(condition.parsed))
    fields = condition.fieldref or ()
    return Threshold(
        op=condition.op.name.lower(),
        count=condition.count,
        fields=(fields,) if isinstance(fields, str) else tuple(map(str, fields)),
        percentile=condition.percentile or 0,
    )


def _expression(node: CorrelationConditionItem | SigmaRuleReference) -> tuple[Any, ...] | str:
    if isinstance(node, SigmaRuleReference):
        return node.reference
    word = "or" if isinstance(node, CorrelationConditionOR) else "and"
    word = "not" if isinstance(node, CorrelationConditionNOT) else word
    return (word, *(_expression(part) for part in node.args))


def _place(document: Document, error: refused.SigmaError) -> str:
    """Where the reader should look: the line of the part that pySigma refuses."""
    if isinstance(error, refused.SigmaCorrelationRuleError):
        return document.where("correlation")
    if isinstance(error, refused.SigmaConditionError):
        return document.where("detection.condition", "detection")
    if isinstance(error, refused.SigmaLogsourceError):
        return document.where("logsource")
    if isinstance(error, refused.SigmaIdentifierError | refused.SigmaTitleError | refused.SigmaLevelError):
        return document.where({"I": "id", "T": "title", "L": "level"}[type(error).__name__[5]])
    return document.where("detection")


def _sentence(error: refused.SigmaError) -> str:
    text = str(error).removesuffix(f" in {error.source}") if error.source else str(error)
    return text.splitlines()[0] if text else type(error).__name__
