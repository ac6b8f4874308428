"""YAML and JSON text → plain values that know their lines, within limits.

Built from parser events one by one, so that neither depth nor aliases of a hostile file cost more than they say.
"""

from __future__ import annotations

from typing import Any

import yaml

from nephoscope.model.errors import SourceError

MAX_BYTES = 20_000_000
MAX_DEPTH = 200
MAX_NODES = 500_000
SHORT_TAGS = {"!Ref": "Ref", "!Condition": "Condition"}
RESOLVER = yaml.resolver.Resolver()
PLAIN = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in ("true", "yes", "on"),
    "tag:yaml.org,2002:int": lambda text: int(text.replace("_", "")),
    "tag:yaml.org,2002:float": lambda text: float(text.replace("_", "")),
}


class Block(dict[str, Any]):
    """An object of a document. lines: where each of its keys stands, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class _Builder:
    """Puts values together as events come; `stack` holds what is open."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.stack: list[tuple[Any, str]] = []
        self.keys: list[tuple[str, int] | None] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: list[tuple[str | None, int]] = []
        self.nodes = 0
        self.root: Any = None

    def count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise SourceError(self.file, f"holds more than {MAX_NODES:,} values, aliases counted", f"line {line}")

    def open(self, value: Any, event: Any) -> None:
        line = event.start_mark.line + 1
        self.count(1, line)
        if len(self.stack) >= MAX_DEPTH:
            raise SourceError(self.file, f"is nested deeper than {MAX_DEPTH}", f"line {line}")
        self.stack.append((value, event.tag or ""))
        self.keys.append(None)
        self.open_anchors.append((event.anchor, self.nodes))

    def close(self, line: int) -> None:
        value, tag = self.stack.pop()
        self.keys.pop()
        anchor, before = self.open_anchors.pop()
        value = tagged(tag, value)
        if anchor:
            self.anchors[anchor] = (value, self.nodes - before + 1)
        self.add(value, line)

    def add(self, value: Any, line: int) -> None:
        if not self.stack:
            self.root = value
            return
        target, _ = self.stack[-1]
        if isinstance(target, list):
            target.append(value)
        elif self.keys[-1] is None:
            self.keys[-1] = (str(value), line)
        else:
            key, at = self.keys[-1]
            self.keys[-1] = None
            self.put(target, key, at, value)

    def put(self, target: Block, key: str, line: int, value: Any) -> None:
        if key == "<<" and isinstance(value, dict):
            for name, inherited in value.items():
                target.setdefault(name, inherited)
            return
        target[key] = value
        target.lines[key] = line

    def alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.anchor not in self.anchors:
            raise SourceError(self.file, f"uses the unknown alias *{event.anchor[:50]}", f"line {line}")
        value, nodes = self.anchors[event.anchor]
        self.count(nodes, line)
        self.add(value, line)

    def scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self.count(1, line)
        value = tagged(event.tag or "", _plain(event))
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self.add(value, line)


def parse(text: str, file: str) -> Any:
    """The first document of a YAML or JSON text; objects are `Block`s, CloudFormation's short tags are written out.

    Raises SourceError naming file, line and reason.
    """
    if len(text) > MAX_BYTES:
        raise SourceError(file, f"is larger than {MAX_BYTES:,} bytes")
    builder = _Builder(file)
    try:
        for event in yaml.parse(_tabs_out(text), Loader=_loader()):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            _feed(builder, event)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        raise SourceError(file, f"is not YAML: {error.problem}", f"line {mark.line + 1}" if mark else "") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SourceError(file, f"is not YAML: {error}") from error
    return builder.root


def _feed(builder: _Builder, event: Any) -> None:
    match event:
        case yaml.MappingStartEvent():
            builder.open(Block(), event)
        case yaml.SequenceStartEvent():
            builder.open([], event)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.close(_line(event))
        case yaml.AliasEvent():
            builder.alias(event)
        case yaml.ScalarEvent():
            builder.scalar(event)
        case _:
            pass


def _line(event: Any) -> int:
    return event.start_mark.line + 1


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _tabs_out(text: str) -> str:
    """JSON may be indented with tabs, which YAML refuses; inside JSON strings there are none."""
    return text.replace("\t", "  ") if text.lstrip().startswith("{") else text


def _plain(event: Any) -> Any:
    if not event.implicit[0]:
        return event.value
    kind = RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    convert = PLAIN.get(kind)
    try:
        return convert(event.value) if convert else event.value
    except ValueError:
        return event.value


def tagged(tag: str, value: Any) -> Any:
    """`!Sub x` as `{"Fn::Sub": x}`; a value without such a tag as it is."""
    if not tag.startswith("!") or tag == "!":
        return value
    name = SHORT_TAGS.get(tag, f"Fn::{tag[1:]}")
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    block = Block()
    block[name] = value
    return block
