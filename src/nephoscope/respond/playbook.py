"""Playbooks: YAML → typed inputs, conditions and steps, all checked when loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.documents import Document, content_of, parse_documents
from nephoscope.expression import Expression, Type, compile_expression
from nephoscope.model.errors import ContentError
from nephoscope.model.response import Step
from nephoscope.respond.action import Catalogue, builtin
from nephoscope.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUILTIN = Path(__file__).parent / "playbooks"
NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
REFERENCE = re.compile(r"\$\{([^}]*)\}")
TYPES: Mapping[str, tuple[type, Type, Any]] = {
    "string": (str, "string", "a"),
    "integer": (int, "int", 1),
    "number": (float, "double", 1.0),
    "boolean": (bool, "bool", True),
    "list": (list, "list(string)", ["a"]),
}
FAILURES = ("revert", "continue", "stop")
WORDS = {"always": "true", "never": "false"}
KEYS = (
    *("name", "title", "description", "inputs", "approval", "second_person", "revert_after_s", "approval_within_s"),
    *("limits", "steps", "examples"),
)
STEP_KEYS = ("name", "action", "with", "when", "on_failure", "within_s")
MOST_STEPS = 50
LONGEST_TEXT = 2_048
APPROVAL_S = 24 * 3600
LONGEST_STEP_S = 24 * 3600


@dataclass(frozen=True)
class Input:
    """One thing that a playbook is told. is_required: it has no default."""

    type: str
    is_required: bool
    default: Any = None
    description: str = ""


@dataclass(frozen=True)
class PlaybookStep:
    """One step as written. settings may hold `${input}` and `${steps.NAME.key}`."""

    name: str
    action: str
    settings: Mapping[str, Any]
    when: Expression | None = None
    on_failure: str = "revert"
    within_s: float = 60.0


@dataclass(frozen=True)
class Playbook:
    """A plan for one situation.

    approval, second_person: whether a run is held for consent, and whether for that of two people. text: the file's,
    pinned by every run. revert_after_s: when its effects expire; 0 never.
    """

    name: str
    title: str
    description: str
    inputs: Mapping[str, Input]
    approval: Expression
    second_person: Expression
    steps: tuple[PlaybookStep, ...]
    revert_after_s: float = 0.0
    approval_within_s: float = APPROVAL_S
    limits: tuple[str, ...] = ()
    examples: tuple[Mapping[str, Any], ...] = ()
    text: str = field(default="", repr=False)
    where: str = ""

    def told(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every input with its value. Raises ContentError for one that is unknown, missing or of another type."""
        for name in given:
            if name not in self.inputs:
                raise ContentError(self.name, f"there is no input '{name}'{nearest(name, self.inputs)}")
        missing = [name for name, one in self.inputs.items() if one.is_required and name not in given]
        if missing:
            raise ContentError(self.name, f"needs {', '.join(missing)}")
        return {name: fitting(given.get(name, one.default), one, name, self.name) for name, one in self.inputs.items()}

    def steps_for(self, inputs: Mapping[str, Any]) -> tuple[Step, ...]:
        """The steps that these inputs ask for, their settings filled in as far as inputs go."""
        return tuple(
            Step(each.name, each.action, filled(each.settings, inputs, {}), each.on_failure, each.within_s)
            for each in self.steps
            if each.when is None or each.when.evaluate(dict(inputs))
        )


@dataclass
class Playbooks:
    """Those that loaded, by name, and what did not load."""

    by_name: dict[str, Playbook] = field(default_factory=dict[str, Playbook])
    errors: list[ContentError] = field(default_factory=list[ContentError])


def load_playbooks(folders: Iterable[Path] = (), catalogue: Catalogue | None = None) -> Playbooks:
    """The playbooks that come with Nephoscope and those in `playbooks/` of each folder; no two of one name."""
    found, catalogue = Playbooks(), catalogue or builtin()
    for path in [path for folder in (BUILTIN, *(each / "playbooks" for each in folders)) for path in yaml_in(folder)]:
        try:
            playbook = _only_one(content_of(path, _shown(path)), _shown(path), catalogue)
            if playbook.name in found.by_name:
                raise ContentError(playbook.where, f"another playbook is named {playbook.name} too")
            found.by_name[playbook.name] = playbook
        except ContentError as error:
            found.errors.append(error)
    return found


def yaml_in(folder: Path) -> list[Path]:
    """The YAML files of a folder, in order of name."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".yml")) if folder.is_dir() else []


def _shown(path: Path) -> str:
    return f"playbooks/{path.name}" if path.parent == BUILTIN else str(path)


def parse_playbook(text: str, where: str, catalogue: Catalogue | None = None) -> Playbook:
    """A playbook from its text. Raises ContentError with place and reason."""
    return _only_one(text.encode(errors="surrogatepass"), where, catalogue or builtin())


def _only_one(content: bytes, where: str, catalogue: Catalogue) -> Playbook:
    """The playbook of a file, which holds no other: a run pins the file's text."""
    documents: list[Document] = []
    for each in parse_documents(content, where):
        if isinstance(each, ContentError):
            raise each
        documents.append(each)
    if len(documents) != 1:
        raise ContentError(where, f"holds {len(documents)} documents, not one playbook")
    return _playbook(documents[0], content.decode(), catalogue)


def _playbook(document: Document, text: str, catalogue: Catalogue) -> Playbook:
    content = document.content
    known(document, content, KEYS, "")
    name = str(content.get("name", ""))
    if not NAME.fullmatch(name):
        raise ContentError(document.where("name"), "needs a name of small letters, digits and _")
    inputs = _inputs(document)
    schema: dict[str, Type] = {each: TYPES[one.type][1] for each, one in inputs.items()}
    playbook = Playbook(
        name=name,
        title=required_text(document, "title"),
        description=required_text(document, "description"),
        inputs=inputs,
        approval=_condition(document, "approval", "always", schema),
        second_person=_condition(document, "second_person", "never", schema),
        steps=tuple(_steps(document, schema, catalogue)),
        revert_after_s=seconds(document, "revert_after_s", 0.0),
        approval_within_s=seconds(document, "approval_within_s", APPROVAL_S),
        limits=texts(document, "limits"),
        examples=tuple(listed(document, "examples")),
        text=text,
        where=document.where(),
    )
    _try(playbook, document, catalogue)
    return playbook


def known(document: Document, table: Mapping[str, Any], keys: Iterable[str], under: str) -> None:
    """Raise ContentError for a key that is not one of these."""
    there = dict.fromkeys(keys)
    for key in table:
        if key not in there:
            raise ContentError(document.where(f"{under}{key}"), f"there is no key '{key}'{nearest(str(key), there)}")


def required_text(document: Document, key: str) -> str:
    """The text of a key that must be there. Raises ContentError."""
    value = document.content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ContentError(document.where(key), f"needs a {key}")
    return value.strip()


def listed(document: Document, key: str) -> list[Any]:
    """The list of a key; empty where it is not there. Raises ContentError."""
    value = document.content.get(key)
    if value is not None and not isinstance(value, list):
        raise ContentError(document.where(key), f"{key} is {value!r:.80}, not a list")
    return value or []


def texts(document: Document, key: str) -> tuple[str, ...]:
    """The texts of a key, which may be one alone; none where it is not there. Raises ContentError."""
    value = document.content.get(key)
    if isinstance(value, str):
        return (value,)
    found = listed(document, key)
    if not all(isinstance(each, str) for each in found):
        raise ContentError(document.where(key), f"{key} is not a list of texts")
    return tuple(found)


def seconds(document: Document, key: str, default: float) -> float:
    """A number of seconds, 0 or more. Raises ContentError."""
    value = document.content.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise ContentError(document.where(key), f"{key} is {value!r}, not a number of seconds")
    return float(value)


def _inputs(document: Document) -> dict[str, Input]:
    table = document.content.get("inputs")
    if not isinstance(table, dict) or not {"account", "region"} <= set(table):
        raise ContentError(document.where("inputs"), "inputs name at least account and region")
    found: dict[str, Input] = {}
    for name, one in table.items():
        where = document.where(f"inputs.{name}", "inputs")
        if not isinstance(one, dict) or str(one.get("type")) not in TYPES:
            raise ContentError(where, f"the input {name} needs a type: {', '.join(TYPES)}")
        known(document, one, ("type", "default", "description"), f"inputs.{name}.")
        made = Input(one["type"], "default" not in one, one.get("default"), str(one.get("description", "")))
        if not made.is_required:
            fitting(made.default, made, str(name), where)
        found[str(name)] = made
    return found


def fitting(value: Any, one: Input, name: str, where: str) -> Any:
    """A value as its input has it. Raises ContentError for one of another type, an empty text, one without end."""
    kind: Any = TYPES[one.type][0]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ContentError(where, f"{name} is {value!r:.80}, not of type {one.type}")
    if kind is str and not 0 < len(str(value)) <= LONGEST_TEXT:
        raise ContentError(where, f"{name} is {'empty' if not value else f'longer than {LONGEST_TEXT} characters'}")
    return value


def _condition(document: Document, key: str, default: str, schema: Mapping[str, Type]) -> Expression:
    text = document.content.get(key, default)
    text = {True: "always", False: "never"}.get(text, text) if isinstance(text, bool) else text
    return compile_expression(WORDS.get(str(text), str(text)), schema, document.where(key))


def _steps(document: Document, schema: Mapping[str, Type], catalogue: Catalogue) -> Iterable[PlaybookStep]:
    written: Any = document.content.get("steps")
    if not isinstance(written, list) or not written or len(written) > MOST_STEPS:
        raise ContentError(document.where("steps"), f"needs 1 to {MOST_STEPS} steps")
    names: set[str] = set()
    for number, one in enumerate(written, 1):
        where = f"{document.where('steps')} (step {number})"
        if not isinstance(one, dict):
            raise ContentError(where, "is not a mapping")
        catalogue.kind(str(one.get("action", "")), where)
        step = _step(one, where, schema)
        if step.name in names:
            raise ContentError(where, f"another step is named {step.name} too")
        _refer(step, names, schema, where)
        names.add(step.name)
        yield step


def _step(one: Mapping[str, Any], where: str, schema: Mapping[str, Type]) -> PlaybookStep:
    for key in one:
        if key not in STEP_KEYS:
            raise ContentError(where, f"there is no key '{key}'{nearest(str(key), dict.fromkeys(STEP_KEYS))}")
    action, failure, within = str(one.get("action", "")), one.get("on_failure", "revert"), one.get("within_s", 60)
    if failure not in FAILURES:
        raise ContentError(where, f"on_failure is {failure!r}: {', '.join(FAILURES)}")
    if isinstance(within, bool) or not isinstance(within, int | float) or not 0 < within <= LONGEST_STEP_S:
        raise ContentError(where, f"within_s is {within!r}, not a number of seconds up to {LONGEST_STEP_S}")
    settings = one.get("with") or {}
    if not isinstance(settings, dict) or not all(isinstance(key, str) for key in settings):
        raise ContentError(where, "`with` is not a mapping of names")
    when = compile_expression(str(one["when"]), schema, where) if "when" in one else None
    name = str(one.get("name", action))
    if not NAME.fullmatch(name):
        raise ContentError(where, f"{name!r:.80} is no name of small letters, digits and _")
    own = {"account": "${account}", "region": "${region}"} | settings
    return PlaybookStep(name, action, own, when, str(failure), float(within))


def _refer(step: PlaybookStep, before: set[str], schema: Mapping[str, Type], where: str) -> None:
    """Raise ContentError where a setting names an input or step that is not there."""
    for text in _texts(step.settings):
        for name in REFERENCE.findall(text):
            first, _, rest = name.partition(".")
            if name in schema or (first == "steps" and rest.partition(".")[0] in before and "." in rest):
                continue
            raise ContentError(where, f"${{{name}}} is neither an input nor steps.NAME.key of an earlier step")


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def filled(value: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    """Settings with references replaced; one to a step that has told nothing yet stays as it is.

    A text that is one reference takes the value as it is, type and all; within a text it is written out.
    """
    if isinstance(value, dict):
        return {key: filled(inner, inputs, outputs) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, inputs, outputs) for inner in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole[1], value, inputs, outputs)
    return REFERENCE.sub(lambda found: str(_looked_up(found[1], found[0], inputs, outputs)), value)


def _looked_up(name: str, text: str, inputs: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    if name in inputs:
        return inputs[name]
    _, _, rest = name.partition(".")
    step, _, key = rest.partition(".")
    return outputs[step][key] if key in outputs.get(step, {}) else text


def waits_for_a_step(settings: Mapping[str, Any]) -> bool:
    """Whether a setting still refers to what a step has yet to tell."""
    return any("${steps." in text for text in _texts(settings))


def _try(playbook: Playbook, document: Document, catalogue: Catalogue) -> None:
    """Build every action once, from made-up inputs, so that a wrong setting is told when loading; then the examples."""
    sample = {name: TYPES[one.type][2] if one.is_required else one.default for name, one in playbook.inputs.items()}
    for step in playbook.steps:
        settings = filled(step.settings, sample, {})
        if not waits_for_a_step(settings):
            catalogue.make(step.action, settings, f"{document.where('steps')} (step {step.name})")
    for number, example in enumerate(playbook.examples, 1):
        where = f"{document.where('examples')} (example {number})"
        if not isinstance(example, dict) or not isinstance(example.get("inputs"), dict):
            raise ContentError(where, "needs inputs, and the actions it runs")
        runs = [step.action for step in playbook.steps_for(playbook.told(example["inputs"]))]
        if runs != example.get("runs"):
            raise ContentError(where, f"runs {', '.join(runs)}")
