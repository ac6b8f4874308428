"""Rules' own examples: what they must and must not match."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nephoscope.detect.detector import Detector
from nephoscope.detect.rule import Correlation, Rule, RuleSet
from nephoscope.model.event import LogSource, RecordBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TIMES = ("eventTime", "time", "start", "@timestamp", "created_at", "event_time")
UIDS = ("eventID", "_document_id", "eventDataId", "event_uid", "id")


@dataclass(frozen=True)
class Wrong:
    """An example that came out otherwise than its rule says."""

    rule: str
    where: str
    example: Any
    expected: bool

    def __str__(self) -> str:
        said = "should match and does not" if self.expected else "should not match and does"
        return f"{self.where}: '{self.rule}' {said}: {str(self.example)[:300]}"


def wrong_examples(rules: RuleSet) -> Iterator[Wrong]:
    """Run the examples of every rule and correlation, each with the rules it refers to and no others."""
    by_id: dict[str, Rule | Correlation] = {one.about.id: one for one in (*rules.rules, *rules.correlations)}
    for one in by_id.values():
        lone = _with_what_it_needs(one, by_id)
        for expected, examples in ((True, one.about.match), (False, one.about.no_match)):
            for example in examples:
                if _matches(lone, one, example, by_id) is not expected:
                    yield Wrong(one.about.title, one.about.where, example, expected)


def _with_what_it_needs(one: Rule | Correlation, by_id: Mapping[str, Rule | Correlation]) -> RuleSet:
    loud = replace(one, about=replace(one.about, is_silent=False))
    if isinstance(loud, Rule):
        return RuleSet((loud,))
    needed = [name for name in by_id if name in _below(loud, by_id)]
    return RuleSet(
        tuple(found for name in needed if isinstance(found := by_id[name], Rule)),
        (*(found for name in needed if isinstance(found := by_id[name], Correlation)), loud),
    )


def _below(one: Correlation, by_id: Mapping[str, Rule | Correlation]) -> set[str]:
    deeper = (_below(found, by_id) for name in one.rules if isinstance(found := by_id[name], Correlation))
    return {*one.rules, *(name for names in deeper for name in names)}


def _matches(lone: RuleSet, one: Rule | Correlation, example: Any, by_id: Mapping[str, Rule | Correlation]) -> bool:
    records = example if isinstance(example, list) else [example]
    detector = Detector(lone)
    found = [
        finding
        for place, record in enumerate(records)
        for source in sorted(_sources(one, by_id), key=str)
        for finding in detector.matches(_batch(record, source, place))
    ]
    return any(finding.rule == one.about.id for finding in [*found, *detector.flush()])


def _sources(one: Rule | Correlation, by_id: Mapping[str, Rule | Correlation]) -> set[LogSource]:
    if isinstance(one, Rule):
        return {one.log_source}
    return {source for name in one.rules for source in _sources(by_id[name], by_id)}


def _batch(record: Any, source: LogSource, place: int) -> RecordBatch:
    content = record if isinstance(record, dict) else {}
    columns: dict[str, str] = {}
    for names, column in ((TIMES, "time"), (UIDS, "metadata.uid")):
        name = next((name for name in names if name in content), None)
        columns |= {name: column} if name else {}
    return RecordBatch([content], source="example", log_source=source, origin=f"example {place}", columns=columns)
