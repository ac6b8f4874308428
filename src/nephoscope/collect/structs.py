"""Structs for records: a stricter form of one, and one whose inner structs are shared by records of equal text."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def closed(kind: type[Struct]) -> type[Struct]:
    """The same struct, and those within it, refusing fields that it does not have."""
    fields: list[Any] = []
    for one in msgspec.structs.fields(kind):
        fields.append((one.name, _closed_type(one.type), one.default))
    names = {one.name: one.encode_name for one in msgspec.structs.fields(kind)}
    return msgspec.defstruct(kind.__name__, fields, forbid_unknown_fields=True, rename=names, gc=False, eq=False)


def _closed_type(kind: Any) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return typing.Union[tuple(_closed_type(one) for one in typing.get_args(kind))]  # noqa: UP007
    return closed(kind) if isinstance(kind, type) and issubclass(kind, Struct) else kind


def shut(kind: type[Struct]) -> type[Struct]:
    """The same struct with the text of each struct within it instead of that."""
    fields = [
        (one.name, Raw | UnsetType if inner_struct(one.type) else one.type, one.default)
        for one in msgspec.structs.fields(kind)
    ]
    names = {one.name: one.encode_name for one in msgspec.structs.fields(kind)}
    strict = kind.__struct_config__.forbid_unknown_fields
    return msgspec.defstruct(kind.__name__, fields, forbid_unknown_fields=strict, rename=names, gc=False)


class _Opened(dict[bytes, Any]):
    """Each distinct text decoded once."""

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self.decode = decode

    def __missing__(self, text: bytes) -> Any:
        self[text] = found = self.decode(text)
        return found


def sharing(kind: type[Struct]) -> Callable[[Sequence[Any]], None]:
    """What gives records decoded as `shut(kind)` the structs within them: where texts are equal, the same struct.

    It raises msgspec's errors for a text that does not fit.
    """
    inner = [
        (one.name, msgspec.json.Decoder(one.type).decode)
        for one in msgspec.structs.fields(kind)
        if inner_struct(one.type)
    ]

    def share(structs: Iterable[Any]) -> None:
        for name, decode in inner:
            known = _Opened(decode)
            for struct in structs:
                text = getattr(struct, name)
                if text is not UNSET:
                    setattr(struct, name, known[bytes(text)])

    return share


def is_all_unset(values: Sequence[Any]) -> bool:
    """Whether no record has a field."""
    if not values or values[0] is not UNSET or values[-1] is not UNSET or values[len(values) // 2] is not UNSET:
        return False
    return values.count(UNSET) == len(values)


def inner_struct(kind: Any) -> type[Struct] | None:
    """The struct that a field's type allows, if any."""
    options = typing.get_args(kind) or (kind,)
    return next((option for option in options if isinstance(option, type) and issubclass(option, Struct)), None)
