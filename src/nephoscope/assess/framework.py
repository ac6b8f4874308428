"""Frameworks: which checks answer which requirement, and what verdicts say of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from nephoscope.assess.assessor import builtin_checks
from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nephoscope.model.verdict import Verdict


@dataclass(frozen=True)
class Requirement:
    """One demand of a framework. about: in our words; checks: names of those that answer it, none if by hand."""

    id: str
    about: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Framework:
    """A published set of requirements."""

    name: str
    title: str
    version: str
    publisher: str
    source: str
    requirements: tuple[Requirement, ...]

    @property
    def checks(self) -> frozenset[str]:
        return frozenset(check for requirement in self.requirements for check in requirement.checks)


@dataclass(frozen=True)
class Answer:
    """What verdicts say of one requirement: Fail before Unknown before Pass; empty if nothing was asked.

    counts: how many verdicts of each kind.
    """

    requirement: Requirement
    verdict: str
    counts: Mapping[str, int]


@lru_cache(maxsize=1)
def frameworks() -> Mapping[str, Framework]:
    """Every framework of ours, by name. Raises ContentError for a file that does not load."""
    folder = resources.files("nephoscope.assess.frameworks")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): parse(file.read_text("utf-8"), file.name) for file in files}


def parse(text: str, file: str) -> Framework:
    """A framework from the text of its file.

    Raises ContentError for what is no framework, for a check that does not exist, and for an id that is there twice.
    """
    try:
        raw: Any = yaml.safe_load(text)
        framework = msgspec.convert({**raw, "name": file.removesuffix(".yaml")}, Framework)
    except (yaml.YAMLError, msgspec.ValidationError, TypeError) as error:
        raise ContentError(file, f"not a framework: {error}") from error
    for name in sorted(framework.checks - builtin_checks().keys()):
        near = get_close_matches(name, builtin_checks(), 1)
        raise ContentError(file, f"no check is named {name}{f'; did you mean {near[0]}?' if near else ''}")
    ids = Counter(requirement.id for requirement in framework.requirements)
    for id, count in ids.items():
        if count > 1:
            raise ContentError(file, f"requirement {id} is there {count} times")
    return framework


def answers(framework: Framework, verdicts: Iterable[tuple[str, Verdict]]) -> list[Answer]:
    """What verdicts, each with its check's name, say of every requirement, in the framework's order."""
    counts: dict[str, Counter[str]] = {}
    for check, verdict in verdicts:
        counts.setdefault(check, Counter())[type(verdict).__name__] += 1
    return [_answer(requirement, counts) for requirement in framework.requirements]


def _answer(requirement: Requirement, counts: Mapping[str, Counter[str]]) -> Answer:
    found = sum((counts.get(check, Counter()) for check in requirement.checks), Counter[str]())
    verdict = next((kind for kind in ("Fail", "Unknown", "Pass", "NotApplicable") if found[kind]), "")
    return Answer(requirement, verdict, dict(found))
