"""Triggers: a condition over what changes → a run of a playbook, asked for once and not too often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nephoscope.documents import Document, content_of, parse_documents
from nephoscope.expression import Expression, compile_expression
from nephoscope.model.errors import ConfigError, ContentError
from nephoscope.respond.facts import SCHEMAS, sample
from nephoscope.respond.playbook import (
    NAME,
    REFERENCE,
    Input,
    Playbook,
    fitting,
    known,
    required_text,
    seconds,
    texts,
    yaml_in,
)
from nephoscope.respond.window import Window, window
from nephoscope.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BUILTIN = Path(__file__).parent / "triggers"
KEYS = (
    *("name", "title", "description", "on", "operations", "when", "do", "with", "mode", "dedup", "quiet_s"),
    *("limit", "not_in", "only_in", "from_start", "examples"),
)
MODES = ("run", "propose", "off")
DO = ("run", "revert")
DEFAULT_RUNS, DEFAULT_PER_S = 10, 3600.0
FITS: Mapping[str, tuple[str, ...]] = {  # type of a name → types of inputs that take it whole
    "string": ("string",),
    "int": ("integer", "number"),
    "bool": ("boolean",),
    "list(string)": ("list",),
}
VALUES: Mapping[str, type | tuple[type, ...]] = {  # type of a name → what an example gives for it
    "string": str,
    "int": int,
    "bool": bool,
    "list(string)": list,
    "timestamp": (str, datetime),
}


@dataclass(frozen=True)
class Trigger:
    """When to do what.

    on: topic of the feed. operations: of an event trigger, the API operations it looks at. do: the playbook; reverts:
    whether its runs are taken back instead. mode: run, propose (always with consent) or off. dedup: names whose values
    tell occasions apart; the same ones again within quiet_s do nothing. limit: so many runs in so many seconds; beyond,
    the trigger stands still until somebody resets it. not_in, only_in: windows of maintenance, and of duty. from_start:
    whether what was there already when an account's resources were read for the first time sets it off too.
    """

    name: str
    title: str
    description: str
    on: str
    when: Expression
    playbook: str
    settings: Mapping[str, str]
    reverts: bool = False
    operations: tuple[str, ...] = ()
    mode: str = "propose"
    dedup: tuple[str, ...] = ("account", "resource_id")
    quiet_s: float = 3600.0
    limit_runs: int = DEFAULT_RUNS
    limit_per_s: float = DEFAULT_PER_S
    not_in: tuple[Window, ...] = ()
    only_in: tuple[Window, ...] = ()
    from_start: bool = False
    text: str = field(default="", repr=False)
    where: str = ""

    def fires(self, values: Mapping[str, Any]) -> bool:
        """Whether a change is one it waits for. Raises ContentError if that cannot be said."""
        return self.when.evaluate(values)

    def looks_at(self, values: Mapping[str, Any]) -> bool:
        """Whether a change is of an operation that it waits for; always, for a trigger on anything but events."""
        return not self.operations or values["operation"] in self.operations

    def is_on_duty(self, moment: datetime) -> bool:
        """Whether it acts at this moment: in no window of maintenance, and in one of duty if it has any."""
        is_free = not any(each.holds(moment) for each in self.not_in)
        return is_free and (not self.only_in or any(each.holds(moment) for each in self.only_in))

    def inputs(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the playbook is told of a change."""
        return {name: _filled(setting, values) for name, setting in self.settings.items()}

    def occasion(self, values: Mapping[str, Any]) -> str:
        """What tells this occasion from others."""
        parts = [self.name, *(str(values.get(name, "")) for name in self.dedup)]
        return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def asks_around(trigger: Trigger) -> bool:
    """Whether its condition names `around`."""
    return "around" in trigger.when.text


@dataclass
class Triggers:
    """Those that loaded, by name, and what did not load."""

    by_name: dict[str, Trigger] = field(default_factory=dict[str, Trigger])
    errors: list[ContentError] = field(default_factory=list[ContentError])

    @property
    def ask_around(self) -> bool:
        """Whether one on findings asks what else is open of the same resource."""
        return any(asks_around(each) for each in self.of("finding"))

    def of(self, topic: str) -> list[Trigger]:
        """Those on a topic that are not off."""
        return [each for each in self.by_name.values() if each.on == topic and each.mode != "off"]

    @property
    def operations(self) -> frozenset[str]:
        """The API operations that some trigger on events waits for."""
        return frozenset(name for each in self.of("event") for name in each.operations)


def load_triggers(playbooks: Mapping[str, Playbook], folders: Iterable[Path] = ()) -> Triggers:
    """The triggers that come with Nephoscope and those in `triggers/` of each folder."""
    found = Triggers()
    for path in [path for folder in (BUILTIN, *(each / "triggers" for each in folders)) for path in yaml_in(folder)]:
        shown = f"triggers/{path.name}" if path.parent == BUILTIN else str(path)
        for document, text in _documents(path, shown):
            try:
                trigger = parse_trigger(document, playbooks, text)
                if trigger.name in found.by_name:
                    raise ContentError(trigger.where, f"another trigger is named {trigger.name} too")
                found.by_name[trigger.name] = trigger
            except ContentError as error:
                found.errors.append(error)
    return found


def _documents(path: Path, shown: str) -> Iterator[tuple[Document | ContentError, str]]:
    """Each document of a file, or the error instead, with the file's text."""
    try:
        content = content_of(path, shown)
    except ContentError as error:
        yield error, ""
        return
    text = content.decode(errors="replace")
    yield from ((document, text) for document in parse_documents(content, shown))


def switched(triggers: Triggers, modes: Mapping[str, str]) -> Triggers:
    """The triggers, in the modes that a configuration gives them by name.

    Raises ConfigError for a name or a mode that there is not.
    """
    for name, mode in modes.items():
        where = f"respond.triggers.{name}"
        if name not in triggers.by_name:
            raise ConfigError(f"{where}: there is no trigger '{name}'{nearest(name, triggers.by_name)}")
        if mode not in MODES:
            raise ConfigError(f"{where} is '{mode}': {', '.join(MODES)}")
        if refusal := _mode_refused(triggers.by_name[name], mode):
            raise ConfigError(f"{where}: {refusal}")
        triggers.by_name[name] = replace(triggers.by_name[name], mode=mode)
    return triggers


def parse_trigger(document: Document | ContentError, playbooks: Mapping[str, Playbook], text: str) -> Trigger:
    """A trigger from its document, its examples tried. Raises ContentError with place and reason."""
    if isinstance(document, ContentError):
        raise document
    content: dict[Any, Any] = document.content
    content = {"on" if key is True else key: value for key, value in content.items()}  # YAML 1.1 reads `on` as true
    document = replace(document, content=content)
    known(document, content, KEYS, "")
    name = str(content.get("name", ""))
    if not NAME.fullmatch(name):
        raise ContentError(document.where("name"), "needs a name of small letters, digits and _")
    topic = str(content.get("on", ""))
    if topic not in SCHEMAS:
        raise ContentError(document.where("on"), f"on is {topic!r}: {', '.join(SCHEMAS)}")
    playbook, reverts = _what(document, playbooks)
    runs, per_s = _limit(document)
    trigger = Trigger(
        name=name,
        title=required_text(document, "title"),
        description=required_text(document, "description"),
        on=topic,
        when=compile_expression(required_text(document, "when"), SCHEMAS[topic], document.where("when")),
        playbook=playbook.name,
        settings=_settings(document, playbook, topic),
        reverts=reverts,
        operations=texts(document, "operations"),
        mode=_one_of(document, "mode", MODES, "off" if reverts else "propose"),
        dedup=_dedup(document, topic),
        quiet_s=seconds(document, "quiet_s", 3600.0),
        limit_runs=runs,
        limit_per_s=per_s,
        not_in=tuple(window(each, document.where("not_in")) for each in texts(document, "not_in")),
        only_in=tuple(window(each, document.where("only_in")) for each in texts(document, "only_in")),
        from_start=_yes_or_no(document, "from_start"),
        text=text,
        where=document.where(),
    )
    if (topic == "event") is not bool(trigger.operations):
        raise ContentError(
            document.where("operations", "on"), "a trigger on events, and no other, names its operations"
        )
    if refusal := _mode_refused(trigger, trigger.mode):
        raise ContentError(document.where("mode"), refusal)
    _try(trigger, document)
    return trigger


def _mode_refused(trigger: Trigger, mode: str) -> str:
    if trigger.reverts and mode == "propose":
        return "what takes runs back asks for no consent, so it cannot only propose: mode is run or off"
    return ""


def _what(document: Document, playbooks: Mapping[str, Playbook]) -> tuple[Playbook, bool]:
    do = document.content.get("do")
    if not isinstance(do, dict) or len(do) != 1 or next(iter(do)) not in DO:
        raise ContentError(document.where("do"), "do is `{run: PLAYBOOK}` or `{revert: PLAYBOOK}`")
    [(verb, name)] = do.items()
    if not isinstance(name, str) or name not in playbooks:
        raise ContentError(document.where("do"), f"there is no playbook '{name}'{nearest(str(name), playbooks)}")
    return playbooks[name], verb == "revert"


def _limit(document: Document) -> tuple[int, float]:
    table = document.content.get("limit") or {}
    if not isinstance(table, dict):
        raise ContentError(document.where("limit"), "limit is `{runs: 5, per_s: 3600}`")
    known(document, table, ("runs", "per_s"), "limit.")
    runs, per_s = table.get("runs", DEFAULT_RUNS), table.get("per_s", DEFAULT_PER_S)
    if isinstance(runs, bool) or not isinstance(runs, int) or not 1 <= runs <= 1_000:
        raise ContentError(document.where("limit.runs", "limit"), f"runs is {runs!r}, not 1 to 1000")
    if isinstance(per_s, bool) or not isinstance(per_s, int | float) or not 1 <= per_s <= 10**7:
        raise ContentError(document.where("limit.per_s", "limit"), f"per_s is {per_s!r}, not a number of seconds")
    return runs, float(per_s)


def _settings(document: Document, playbook: Playbook, topic: str) -> dict[str, str]:
    table = document.content.get("with") or {}
    if not isinstance(table, dict):
        raise ContentError(document.where("with"), "`with` is not a mapping")
    own = {name: f"${{{name}}}" for name in ("account", "region") if name in SCHEMAS[topic]} | table
    for name, setting in own.items():
        where = document.where(f"with.{name}", "with")
        if name not in playbook.inputs:
            raise ContentError(where, f"{playbook.name} has no input '{name}'{nearest(str(name), playbook.inputs)}")
        _fit(setting, playbook.inputs[name], name, topic, where)
    missing = [name for name, one in playbook.inputs.items() if one.is_required and name not in own]
    if missing:
        raise ContentError(document.where("with"), f"{playbook.name} needs {', '.join(missing)}")
    return own


def _fit(setting: Any, one: Input, name: str, topic: str, where: str) -> None:
    """Raise ContentError where what the playbook would be told is not known, or not of its input's type."""
    references = REFERENCE.findall(setting) if isinstance(setting, str) else []
    for reference in references:
        if reference not in SCHEMAS[topic]:
            raise ContentError(where, f"there is no '{reference}'{nearest(reference, SCHEMAS[topic])}")
    if not references:
        fitting(setting, one, name, where)
        return
    is_whole = REFERENCE.fullmatch(setting) is not None
    kind = SCHEMAS[topic][references[0]] if is_whole else "string"
    if one.type not in FITS.get(str(kind), ()):
        told = f"{references[0]} is {kind}" if is_whole else "a text with a reference in it is string"
        raise ContentError(where, f"{name} is of type {one.type}, {told}")


def _one_of(document: Document, key: str, words: tuple[str, ...], default: str) -> str:
    value = document.content.get(key, default)
    value = "off" if value is False else value  # YAML 1.1 reads a bare `off` so
    if value not in words:
        raise ContentError(document.where(key), f"{key} is {value!r}: {', '.join(words)}")
    return str(value)


def _yes_or_no(document: Document, key: str) -> bool:
    value = document.content.get(key, False)
    if not isinstance(value, bool):
        raise ContentError(document.where(key), f"{key} is {value!r:.80}: true or false")
    return value


def _dedup(document: Document, topic: str) -> tuple[str, ...]:
    default = [name for name in ("account", "resource_id", "subject", "actor") if name in SCHEMAS[topic]][:2]
    names = texts(document, "dedup") or tuple(default)
    for name in names:
        if name not in SCHEMAS[topic]:
            raise ContentError(document.where("dedup"), f"there is no '{name}'{nearest(name, SCHEMAS[topic])}")
    return names


def _filled(setting: Any, values: Mapping[str, Any]) -> Any:
    if not isinstance(setting, str):
        return setting
    whole = REFERENCE.fullmatch(setting)
    if whole:
        return values[whole[1]]
    return REFERENCE.sub(lambda found: str(values[found[1]]), setting)


def _try(trigger: Trigger, document: Document) -> None:
    """The examples in its own file: all of `match` must fire, none of `no_match` may."""
    examples = document.content.get("examples")
    if not isinstance(examples, dict) or not all(_is_filled(examples.get(key)) for key in ("match", "no_match")):
        raise ContentError(document.where("examples"), "needs examples: lists match and no_match, at least one each")
    known(document, examples, ("match", "no_match"), "examples.")
    for key, wanted in (("match", True), ("no_match", False)):
        for number, given in enumerate(examples[key], 1):
            where = f"{document.where(f'examples.{key}', 'examples')} ({key} {number})"
            values = _example(trigger.on, given, where)
            if (trigger.looks_at(values) and trigger.fires(values)) is not wanted:
                raise ContentError(where, "does not fire" if wanted else "fires")


def _is_filled(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _example(topic: str, given: Any, where: str) -> dict[str, Any]:
    """What an example stands for. Raises ContentError for a name that there is not, and a value of another type."""
    if not isinstance(given, dict):
        raise ContentError(where, "is not a mapping")
    for name, value in given.items():
        if name not in SCHEMAS[topic]:
            raise ContentError(where, f"there is no '{name}'{nearest(str(name), SCHEMAS[topic])}")
        kind = SCHEMAS[topic][name]
        wanted = VALUES.get(str(kind), object)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
            raise ContentError(where, f"{name} is {value!r:.80}, not of type {kind}")
    around: Any = given.get("around", [])
    if not isinstance(around, list) or not all(isinstance(each, dict) for each in cast("list[Any]", around)):
        raise ContentError(where, "around is no list of findings")
    try:
        return sample(topic, given)
    except ValueError as error:
        raise ContentError(where, str(error)) from error
