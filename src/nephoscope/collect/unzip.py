"""Stored bytes → content: gz of one or many members, or plain, told by the bytes themselves; bombs are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from isal import isal_zlib

from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
GZIP = b"\x1f\x8b"
STEP_BYTES = 4 << 20
GRACE_BYTES = 64 << 20
GZIP_WINDOW = 31  # zlib's wbits for a gzip header and trailer


@dataclass(frozen=True)
class Limits:
    """What one object may cost.

    chunk_bytes: decoded at once. batch_records: rows of a batch. record_bytes: one record. content_bytes: the whole
    object, uncompressed. ratio: uncompressed to stored, once 64 MB have been written.
    """

    chunk_bytes: int = 16 << 20
    batch_records: int = 20_000
    record_bytes: int = 64 << 20
    content_bytes: int = 64 << 30
    ratio: int = 300


LIMITS = Limits()


def content(stream: BinaryIO, origin: str, limits: Limits = LIMITS) -> Iterator[bytes]:
    """The uncompressed blocks of an object, each of at most a few MB.

    Raises SourceError where the object ends early, is damaged, or grows beyond the limits; blocks before that are good.
    """
    head = stream.read(BLOCK_BYTES)
    blocks = _gunzip(stream, head, origin, limits) if head.startswith(GZIP) else _plain(stream, head)
    written = 0
    for block in blocks:
        written += len(block)
        if written > limits.content_bytes:
            raise SourceError(origin, f"is larger than {limits.content_bytes} bytes uncompressed", f"byte {written}")
        yield block


def _plain(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read(BLOCK_BYTES)


def _gunzip(stream: BinaryIO, stored: bytes, origin: str, limits: Limits) -> Iterator[bytes]:
    read, written = len(stored), 0
    member = isal_zlib.decompressobj(GZIP_WINDOW)
    while stored or not member.eof:
        try:
            block = member.decompress(stored, STEP_BYTES)
        except isal_zlib.error as error:  # pyright: ignore[reportGeneralTypeIssues]
            raise SourceError(origin, f"gzip is damaged: {error}", f"byte {written} uncompressed") from error
        written += len(block)
        if written > GRACE_BYTES and written > limits.ratio * read:
            raise SourceError(origin, f"grows more than {limits.ratio} times when uncompressed", f"byte {written}")
        if block:
            yield block
        stored = member.unused_data if member.eof else member.unconsumed_tail
        if not stored and (member.eof or len(block) < STEP_BYTES):
            stored = stream.read(BLOCK_BYTES)
            read += len(stored)
            if not stored and not member.eof:
                raise SourceError(origin, "gzip ends before its end mark", f"byte {written} uncompressed")
        if member.eof:
            stored = _behind_padding(stream, stored)
            member = isal_zlib.decompressobj(GZIP_WINDOW) if stored else member


def _behind_padding(stream: BinaryIO, stored: bytes) -> bytes:
    while stored:
        rest = stored.lstrip(b"\0")
        if rest:
            return rest
        stored = stream.read(BLOCK_BYTES)
    return b""
