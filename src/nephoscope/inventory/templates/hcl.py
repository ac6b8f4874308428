"""Terraform's HCL text → blocks that know their lines; expressions stay syntax trees until they are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")


@dataclass(frozen=True)
class Block:
    """A block: `resource "aws_s3_bucket" "logs" {…}` has type resource and two labels. line: where it begins.

    attributes: its own, each a syntax tree. blocks: those in it, in order.
    """

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Any]
    blocks: tuple[Block, ...]
    line: int = 1

    def of(self, type_: str) -> Iterator[Block]:
        """The blocks of one type in it."""
        return (block for block in self.blocks if block.type == type_)


def parse(text: str, file: str) -> Block:
    """The file's body, as a block without type. Raises SourceError naming file, line and reason."""
    import hcl2
    from lark.exceptions import LarkError, UnexpectedInput

    _refuse_the_absurd(text, file)
    try:
        tree = hcl2.parses_to_tree(text.replace("\r\n", "\n") + "\n")
    except UnexpectedInput as error:
        raise SourceError(file, "is not HCL here", f"line {error.line}") from error
    except (LarkError, RecursionError, ValueError) as error:
        raise SourceError(file, f"is not HCL: {type(error).__name__}") from error
    attributes, blocks = _body(tree.children[0])
    return Block("", (), attributes, blocks)


def _refuse_the_absurd(text: str, file: str) -> None:
    if len(text) > MAX_BYTES:
        raise SourceError(file, f"is larger than {MAX_BYTES:,} bytes")
    depth = 0
    for line_number, line in enumerate(text.split("\n"), 1):
        depth += sum(char in OPENING for char in line) - sum(char in CLOSING for char in line)
        if depth > MAX_DEPTH or len(line) > MAX_BYTES // 4:
            raise SourceError(file, f"is nested deeper than {MAX_DEPTH}, or has an endless line", f"line {line_number}")


def _body(tree: Any) -> tuple[dict[str, Any], tuple[Block, ...]]:
    attributes = {_text(each.children[0]): each.children[-1] for each in tree.children if each.data == "attribute"}
    return attributes, tuple(_block(each) for each in tree.children if each.data == "block")


def _block(tree: Any) -> Block:
    names = [_text(each) for each in tree.children if getattr(each, "data", "") in ("identifier", "keyword", "string")]
    [body] = [each for each in tree.children if getattr(each, "data", "") == "body"]
    attributes, blocks = _body(body)
    return Block(names[0], tuple(names[1:]), attributes, blocks, tree.meta.line)


def _text(tree: Any) -> str:
    """An identifier's or a plain string's text."""
    return "".join(str(token) for token in tree.scan_values(lambda token: token.type != "DBLQUOTE"))
