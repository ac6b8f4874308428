"""Folders of rules → one rule set; what does not load is named and left out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nephoscope import plugins
from nephoscope.detect.python_rules import PythonRule
from nephoscope.detect.rule import About, Correlation, Rule, RuleSet, Threshold
from nephoscope.detect.sigma import generates, read_rule
from nephoscope.documents import read_documents
from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.detect.conditions import Placeholders

Loaded = TypeVar("Loaded", Rule, Correlation, PythonRule)
AnyRule = Rule | Correlation | PythonRule
BUILTIN = Path(__file__).parent / "rules"
PLACEHOLDERS = "placeholders.yml"


@dataclass
class Reading:
    """What has been read so far."""

    rules: dict[str, Rule | Correlation | PythonRule] = field(
        default_factory=dict[str, "Rule | Correlation | PythonRule"]
    )
    names: dict[str, str] = field(default_factory=dict[str, str])  # name or id → id
    generating: set[str] = field(default_factory=set[str])  # correlations that leave their rules their findings
    errors: list[ContentError] = field(default_factory=list[ContentError])

    def add(self, rule: AnyRule) -> None:
        """Keep a rule, unless its id or name is taken."""
        about = rule.about
        for word in filter(None, (about.id, about.name)):
            if word in self.names:
                other = self.rules[self.names[word]].about.where
                self.errors.append(ContentError(about.where, f"another rule is {word} too: {other}"))
                return
        self.rules[about.id] = rule
        self.names |= {word: about.id for word in (about.id, about.name) if word}


def load_rules(folders: Iterable[Path] = (), *, builtin: bool = True) -> RuleSet:
    """Every rule below the folders (or in a file), and those that come with Nephoscope.

    A file `placeholders.yml` in a folder lists values for the modifier `expand`: {name: [value, …]}.
    What does not load is in the set's `errors`, with file, line and reason.
    """
    reading = Reading()
    for rule in _python_rules() if builtin else ():
        reading.add(rule)
    for folder in (*((BUILTIN,) if builtin else ()), *folders):
        shown = folder.parent if folder.is_file() else folder
        placeholders = _placeholders(folder, reading)
        for path in _files(folder, reading):
            name = f"{BUILTIN.name}/{path.relative_to(shown)}" if folder == BUILTIN else str(path)
            _read(path, name, placeholders, reading)
    return resolved(reading)


def _python_rules() -> list[PythonRule]:
    """Those that come with Nephoscope."""
    found = plugins.load("nephoscope.detect.rules", lambda value: value if isinstance(value, PythonRule) else None)
    return list(found.values())


def _files(folder: Path, reading: Reading) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    if not folder.is_dir():
        reading.errors.append(ContentError(str(folder), "is no folder of rules"))
        return
    for root, folders, files in os.walk(folder, onerror=lambda error: _unreadable(error, reading)):
        folders.sort()
        yield from (Path(root, name) for name in sorted(files) if _is_rule(name))


def _is_rule(name: str) -> bool:
    return name.endswith((".yml", ".yaml")) and name != PLACEHOLDERS and not name.startswith(".")


def _unreadable(error: OSError, reading: Reading) -> None:
    reading.errors.append(ContentError(str(error.filename), f"cannot be read: {error.strerror}"))


def _placeholders(folder: Path, reading: Reading) -> Placeholders:
    path = folder / PLACEHOLDERS
    if not path.is_file():
        return {}
    for found in read_documents(path):
        if isinstance(found, ContentError):
            reading.errors.append(found)
            continue
        if all(isinstance(values, list) for values in found.content.values()):
            return {str(name): [str(value) for value in values] for name, values in found.content.items()}
        reading.errors.append(ContentError(found.where(), "placeholders are given as name: [value, …]"))
    return {}


def _read(path: Path, name: str, placeholders: Placeholders, reading: Reading) -> None:
    shared: dict[str, Any] = {}
    for document in read_documents(path, name):
        if isinstance(document, ContentError):
            reading.errors.append(document)
            continue
        action = document.content.get("action")
        if action == "global":
            shared = {key: value for key, value in document.content.items() if key != "action"}
            continue
        if shared:
            document = replace(document, content=_merged(shared, document.content))
        try:
            rule = read_rule(document, placeholders)
        except ContentError as error:
            reading.errors.append(error)
            continue
        reading.add(rule)
        if generates(document):
            reading.generating.add(rule.about.id)


def _merged(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A document on top of the file's `action: global` one; without an id of its own it takes its title's place."""
    merged = {key: value for key, value in shared.items() if key != "id"} | own
    if isinstance(shared.get("detection"), dict) and isinstance(own.get("detection"), dict):
        merged["detection"] = shared["detection"] | own["detection"]
    return merged


def resolved(reading: Reading) -> RuleSet:
    """Correlations with ids for names, in an order in which each comes after what it refers to."""
    waiting: dict[str, Correlation] = {}
    for rule in reading.rules.values():
        if isinstance(rule, Correlation):
            missing = [name for name in _named(rule) if name not in reading.names]
            if missing or not rule.rules:
                reason = f"refers to rules that are not there: {', '.join(missing)}" if missing else "refers to no rule"
                reading.errors.append(ContentError(rule.about.where, reason))
            else:
                waiting[rule.about.id] = _with_ids(rule, reading.names)
    ordered = _ordered(waiting, reading)
    silent = {
        name for correlation in ordered if correlation.about.id not in reading.generating for name in correlation.rules
    }
    loaded = reading.rules.values()
    return RuleSet(
        rules=tuple(_silenced(rule, silent) for rule in loaded if isinstance(rule, Rule)),
        correlations=tuple(_silenced(rule, silent) for rule in ordered),
        python_rules=tuple(_silenced(rule, silent) for rule in loaded if isinstance(rule, PythonRule)),
        errors=tuple(reading.errors),
    )


def _silenced(rule: Loaded, silent: set[str]) -> Loaded:
    return replace(rule, about=replace(rule.about, is_silent=True)) if rule.about.id in silent else rule


def _named(correlation: Correlation) -> set[str]:
    return {*correlation.rules, *(name for mapping in correlation.aliases.values() for name in mapping)}


def _with_ids(correlation: Correlation, ids: dict[str, str]) -> Correlation:
    def renamed(node: Any) -> Any:
        return (node[0], *map(renamed, node[1:])) if isinstance(node, tuple) else ids[node]

    threshold = correlation.threshold
    if threshold.expression is not None:
        threshold = Threshold(expression=renamed(threshold.expression))
    return replace(
        correlation,
        rules=tuple(ids[name] for name in correlation.rules),
        threshold=threshold,
        aliases={
            alias: {ids[name]: own for name, own in mapping.items()} for alias, mapping in correlation.aliases.items()
        },
    )


def _ordered(waiting: dict[str, Correlation], reading: Reading) -> list[Correlation]:
    ordered: dict[str, Correlation] = {}
    while ready := [one for one in waiting.values() if not any(name in waiting for name in one.rules)]:
        for correlation in ready:
            lost = [name for name in correlation.rules if name not in ordered and _is_correlation(name, reading)]
            if lost:
                reason = f"refers to a correlation that did not load: {', '.join(lost)}"
                reading.errors.append(ContentError(correlation.about.where, reason))
            else:
                ordered[correlation.about.id] = correlation
            del waiting[correlation.about.id]
    for correlation in waiting.values():
        reading.errors.append(ContentError(correlation.about.where, "correlations refer to one another in a circle"))
    return list(ordered.values())


def _is_correlation(name: str, reading: Reading) -> bool:
    return isinstance(reading.rules[name], Correlation)


def abouts(rules: RuleSet) -> dict[str, About]:
    """What every rule says of itself, by id."""
    kinds = (rules.rules, rules.correlations, rules.python_rules)
    return {rule.about.id: rule.about for kind in kinds for rule in kind}
