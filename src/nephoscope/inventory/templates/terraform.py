"""Terraform modules → resources: variables, locals, local modules, count, for_each and dynamic blocks carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates import hcl
from nephoscope.inventory.templates.files import gap_of, text_of
from nephoscope.inventory.templates.hcl_value import Scope, as_text, evaluate
from nephoscope.inventory.templates.policy_data import policy_json
from nephoscope.inventory.templates.unresolved import MAX_WEIGHT, Unresolved, bounded, weigh
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

META = frozenset(["count", "depends_on", "for_each", "lifecycle", "provider", "provisioner", "connection"])
EMPTY = hcl.Block("", (), {}, ())
MAX_MODULES = 8  # one within the other
MAX_INSTANCES = 1_000


@dataclass(frozen=True)
class Resource:
    """A resource instance as Terraform would make it. values: nested blocks as lists; Unresolved where not known."""

    type: str
    address: str
    values: Mapping[str, Any]
    file: str
    line: int


class Lazy(dict[str, Any]):
    """A table whose values are computed when first asked for; one that needs itself is unresolved."""

    def __init__(self, names: Mapping[str, Any], compute: Callable[[str], Any]) -> None:
        super().__init__(dict.fromkeys(names))
        self._compute = compute
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = Unresolved(f"{name[:100]} refers to itself")
            self._known[name] = bounded(self._compute(name))
        return self._known[name]

    def items(self) -> Any:
        return [(name, self[name]) for name in self]

    def values(self) -> Any:
        return [self[name] for name in self]


@dataclass
class Module:
    """One module: its blocks with the files they stand in, and what it was called with.

    root: the scanned folder; modules outside are not read. prefix: `module.x.` of a called one.
    """

    folder: Path
    root: Path
    gaps: list[Gap]
    given: Mapping[str, Any] | None = None
    prefix: str = ""
    above: tuple[Path, ...] = ()
    blocks: list[tuple[str, hcl.Block]] = field(default_factory=list[tuple[str, hcl.Block]])
    children: dict[str, list[Module]] = field(default_factory=dict[str, "list[Module]"])

    def __post_init__(self) -> None:
        for path in sorted(self.folder.glob("*.tf")):
            self._read(path)
        for path in sorted(self.folder.glob("*.tf.json")):
            self.gaps.append(Gap("object", self._shown(path), "Terraform's JSON syntax is not supported"))
        self.scope = self._scope()
        for file, block in self._of("module"):
            self.children[_label(block, 0)] = list(self._called(file, block))

    def resources(self) -> Iterator[Resource]:
        """Every instance, those of called modules included."""
        for file, block in self._of("resource"):
            if len(block.labels) == 2:
                yield from self._instances(file, block)
        for several in self.children.values():
            for child in several:
                yield from child.resources()

    def output(self, name: str) -> Any:
        """What an output of this module gives."""
        for _, block in self._of("output"):
            if _label(block, 0) == name and "value" in block.attributes:
                return evaluate(block.attributes["value"], self.scope)
        return Unresolved(f"there is no output {name[:100]}")

    def _read(self, path: Path) -> None:
        shown = self._shown(path)
        if not path.resolve().is_relative_to(self.root.resolve()):
            self.gaps.append(Gap("object", shown, "is a link that leads out of what is scanned"))
            return
        try:
            body = hcl.parse(text_of(path, hcl.MAX_BYTES), shown)
        except SourceError as error:
            self.gaps.append(gap_of(SourceError(shown, error.reason, error.place)))
        else:
            self.blocks += [(shown, block) for block in body.blocks]

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def _of(self, type_: str) -> list[tuple[str, hcl.Block]]:
        return [(file, block) for file, block in self.blocks if block.type == type_]

    def _scope(self) -> Scope:
        locals_ = {name: tree for _, block in self._of("locals") for name, tree in block.attributes.items()}
        documents = {_label(block, 1): block for _, block in self._of("data") if _label(block, 0) == POLICY_DATA}
        data = Lazy({POLICY_DATA: None}, lambda _: Lazy(documents, lambda name: self._document(documents[name])))
        names = {
            "var": Lazy(self._variables(), self._variable),
            "local": Lazy(locals_, lambda name: evaluate(locals_[name], self.scope)),
            "data": data,
            "module": Lazy({_label(block, 0): None for _, block in self._of("module")}, self._outputs),
            "path": {"module": str(self.folder), "root": str(self.root), "cwd": str(self.root)},
            "terraform": {"workspace": "default"},
        }
        references = frozenset(".".join(block.labels) for _, block in self._of("resource"))
        return Scope(names, references, lambda text: self._template(text, self.scope), self.prefix, self._file)

    def _file(self, path: Any, names: Any = None) -> Any:
        """The text of `file` or `templatefile`, if it lies in the scanned folder."""
        found = (self.folder / str(path)).resolve()
        if not found.is_relative_to(self.root.resolve()):
            return Unresolved(f"the file {found.name[:100]} lies outside of what is scanned")
        try:
            text = text_of(found, hcl.MAX_BYTES)
        except SourceError as error:
            return Unresolved(f"the file {found.name[:100]} {error.reason}")
        if names is None or ("${" not in text and "%{" not in text):
            return text
        if "%{" in text or not isinstance(names, dict):
            return Unresolved("template directives are not supported")
        return self._template(text, Scope(names))

    @staticmethod
    def _template(text: str, scope: Scope) -> Any:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        try:
            return evaluate(hcl.parse(f'x = "{quoted}"', "heredoc").attributes["x"], scope)
        except SourceError:
            return Unresolved("a heredoc could not be read")

    def _variables(self) -> dict[str, hcl.Block]:
        return {_label(block, 0): block for _, block in self._of("variable")}

    def _variable(self, name: str) -> Any:
        given = self._assigned() if self.given is None else self.given
        if name in given:
            return given[name]
        block = self._variables()[name]
        if "default" in block.attributes:
            return evaluate(block.attributes["default"], Scope({}))
        return Unresolved(f"the variable {name[:100]} has no default")

    def _assigned(self) -> Mapping[str, Any]:
        """A root module's values from terraform.tfvars and *.auto.tfvars."""
        if not hasattr(self, "_assignments"):
            self._assignments: dict[str, Any] = {}
            for path in [self.folder / "terraform.tfvars", *sorted(self.folder.glob("*.auto.tfvars"))]:
                if path.is_file():
                    self._assign(path)
        return self._assignments

    def _assign(self, path: Path) -> None:
        try:
            body = hcl.parse(text_of(path, hcl.MAX_BYTES), self._shown(path))
        except SourceError as error:
            self.gaps.append(gap_of(SourceError(self._shown(path), error.reason, error.place)))
            return
        self._assignments |= {name: evaluate(tree, Scope({})) for name, tree in body.attributes.items()}

    def _outputs(self, name: str) -> Any:
        children = self.children.get(name, [])
        if len(children) != 1:
            return Unresolved(f"the module {name[:100]} was not read, or is made several times")
        [child] = children
        return Lazy({_label(block, 0): None for _, block in child._of("output")}, child.output)

    def _document(self, block: hcl.Block) -> Any:
        return {"json": policy_json(self._body(block, self.scope))}

    def _called(self, file: str, block: hcl.Block) -> Iterator[Module]:
        name, place = _label(block, 0), f"{file}:{block.line}"
        source = evaluate(block.attributes["source"], self.scope) if "source" in block.attributes else None
        if not isinstance(source, str) or not source.startswith(("./", "../")):
            self.gaps.append(Gap("object", place, f"the module {name[:100]} is not local and was not read"))
            return
        folder = (self.folder / source).resolve()
        if not folder.is_relative_to(self.root.resolve()) or not folder.is_dir():
            self.gaps.append(Gap("object", place, f"the module {name[:100]} lies outside of what is scanned"))
            return
        if folder in (*self.above, self.folder.resolve()) or len(self.above) >= MAX_MODULES:
            self.gaps.append(Gap("object", place, f"the module {name[:100]} calls itself, or is nested too deeply"))
            return
        for index, scope in self._each(file, block):
            given = {key: evaluate(tree, scope) for key, tree in block.attributes.items() if key not in META}
            prefix = f"{self.prefix}module.{name}{index}."
            yield Module(folder, self.root, self.gaps, given, prefix, (*self.above, self.folder.resolve()))

    def _instances(self, file: str, block: hcl.Block) -> Iterator[Resource]:
        type_, name = block.labels
        for index, scope in self._each(file, block):
            values = self._body(block, scope)
            if weigh(values) > MAX_WEIGHT:
                self.gaps.append(Gap("object", f"{file}:{block.line}", f"{type_}.{name} is absurdly large"))
                return
            yield Resource(type_, f"{self.prefix}{type_}.{name}{index}", values, file, block.line)

    def _each(self, file: str, block: hcl.Block) -> Iterator[tuple[str, Scope]]:
        """The instances that count or for_each make; one, whose key is not known, where they are not known."""
        if "count" in block.attributes:
            count = _whole(evaluate(block.attributes["count"], self.scope))
            if isinstance(count, Unresolved):
                yield "", self.scope.with_names(count={"index": count})
                return
            for number in range(self._allowed(file, block, count)):
                yield f"[{number}]", self.scope.with_names(count={"index": number})
        elif "for_each" in block.attributes:
            yield from self._keyed(file, block, evaluate(block.attributes["for_each"], self.scope))
        else:
            yield "", self.scope

    def _keyed(self, file: str, block: hcl.Block, each: Any) -> Iterator[tuple[str, Scope]]:
        if isinstance(each, Unresolved) or not isinstance(each, (dict, list)):
            hole = each if isinstance(each, Unresolved) else Unresolved("for_each goes over what is no set or map")
            yield "", self.scope.with_names(each={"key": hole, "value": hole})
            return
        pairs = list(each.items()) if isinstance(each, dict) else [(as_text(one), one) for one in each]
        for key, value in pairs[: self._allowed(file, block, len(pairs))]:
            yield f'["{key}"]', self.scope.with_names(each={"key": key, "value": value})

    def _allowed(self, file: str, block: hcl.Block, count: int) -> int:
        """How many instances are made; what is beyond the limit is a gap."""
        if count > MAX_INSTANCES:
            name = ".".join(block.labels)[:100]
            cause = f"{name} has {count:,} instances; the first {MAX_INSTANCES:,} were read"
            self.gaps.append(Gap("object", f"{file}:{block.line}", cause))
        return min(count, MAX_INSTANCES)

    def _body(self, block: hcl.Block, scope: Scope) -> dict[str, Any]:
        values = {name: evaluate(tree, scope) for name, tree in block.attributes.items() if name not in META}
        for inner in block.blocks:
            if inner.type == "dynamic":
                self._dynamic(inner, scope, values)
            elif inner.type not in META:
                values.setdefault(inner.type, []).append(self._body(inner, scope))
        return values

    def _dynamic(self, block: hcl.Block, scope: Scope, values: dict[str, Any]) -> None:
        name = _label(block, 0)
        each = evaluate(block.attributes["for_each"], scope) if "for_each" in block.attributes else None
        contents = list(block.of("content"))
        if not isinstance(each, (dict, list)) or len(contents) != 1:
            values[name] = each if isinstance(each, Unresolved) else Unresolved("a dynamic block could not be read")
            return
        iterator = _iterator(block) or name
        pairs = list(each.items()) if isinstance(each, dict) else list(enumerate(each))
        made = [
            self._body(contents[0], scope.with_names(**{iterator: {"key": key, "value": value}}))
            for key, value in pairs[:MAX_INSTANCES]
        ]
        values[name] = [*values.get(name, []), *made]


POLICY_DATA = "aws_iam_policy_document"


def _whole(count: Any) -> int | Unresolved:
    """How many a count says."""
    if isinstance(count, Unresolved):
        return count
    try:
        return int(count)
    except (TypeError, ValueError, OverflowError):
        return Unresolved(f"count is no number: {str(count)[:50]}")


def _label(block: hcl.Block, place: int) -> str:
    return block.labels[place] if len(block.labels) > place else ""


def _iterator(block: hcl.Block) -> str:
    tree = block.attributes.get("iterator")
    return "" if tree is None else "".join(str(token) for token in tree.scan_values(lambda _: True))


def read_module(folder: Path, root: Path) -> tuple[list[Resource], list[Gap]]:
    """The resources of a root module in a folder, and what of it could not be read.

    root: the scanned folder; files are named relative to it, and local modules outside of it are not read.
    """
    gaps: list[Gap] = []
    module = Module(folder, root, gaps)
    return list(module.resources()), gaps


def called_folders(folder: Path) -> set[Path]:
    """The local modules that a folder's files call: read through their callers, not by themselves."""
    found: set[Path] = set()
    for path in sorted(folder.glob("*.tf")):
        try:
            text = text_of(path, hcl.MAX_BYTES)
            body = hcl.parse(text, str(path)) if "module" in text else EMPTY
        except SourceError:
            continue
        for block in body.of("module"):
            source = evaluate(block.attributes["source"], Scope({})) if "source" in block.attributes else None
            if isinstance(source, str) and source.startswith(("./", "../")):
                found.add((folder / source).resolve())
    return found
