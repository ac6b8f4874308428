import gzip
import io

import pytest

from nephoscope.collect.unzip import GRACE_BYTES, Limits, content
from nephoscope.model.errors import SourceError

TEXT = b"".join(b'{"eventID": "%032x"}\n' % (number**9) for number in range(20_000))


def unzipped(stored, **limits):
    return b"".join(content(io.BytesIO(stored), "file.gz", Limits(**limits)))


@pytest.mark.parametrize("size", [0, 1, 1 << 20, 5 << 20, 9 << 20])
def test_plain_and_gzip_are_told_by_their_bytes(size):
    text = bytes(size)
    assert unzipped(gzip.compress(text)) == text
    assert unzipped(b"x" + text) == b"x" + text


def test_members_padding_and_empty_members_make_one_content():
    members = [gzip.compress(part) for part in (TEXT, b"", TEXT[:10])]
    assert unzipped(b"".join(members)) == TEXT + TEXT[:10]
    assert unzipped(b"\0\0\0".join(members) + bytes(3 << 20)) == TEXT + TEXT[:10]


def test_a_thousand_members_are_read():
    assert unzipped(gzip.compress(b"line\n") * 1000) == b"line\n" * 1000


@pytest.mark.parametrize("cut", [1, 2, 9, 11, 1000, -1, -4, -9])
def test_a_gzip_that_ends_early_is_told_after_what_is_good(cut):
    stored = gzip.compress(TEXT)
    blocks = content(io.BytesIO(stored[:cut]), "file.gz")
    if cut == 1:
        assert b"".join(blocks) == stored[:1]
        return
    read = []
    with pytest.raises(SourceError, match=r"file\.gz \(byte \d+ uncompressed\): gzip ends"):
        read.extend(blocks)
    assert TEXT.startswith(b"".join(read))


@pytest.mark.parametrize("at", [20, 5000, -6, -2])
def test_a_damaged_gzip_is_told(at):
    stored = bytearray(gzip.compress(TEXT))
    stored[at] ^= 0xFF
    with pytest.raises(SourceError, match="gzip"):
        unzipped(bytes(stored))


def test_what_follows_a_gzip_and_is_none_is_told():
    with pytest.raises(SourceError, match="gzip is damaged"):
        unzipped(gzip.compress(TEXT) + b"garbage that follows")


def test_a_bomb_is_refused_before_it_fills_the_memory():
    bomb = gzip.compress(bytes(GRACE_BYTES + (8 << 20)))
    sizes = map(len, content(io.BytesIO(bomb), "bomb.gz"))
    assert next(sizes) <= 4 << 20
    with pytest.raises(SourceError, match="grows more than 300 times"):
        max(sizes)


def test_content_beyond_the_limit_is_refused():
    with pytest.raises(SourceError, match="larger than 1000 bytes"):
        unzipped(gzip.compress(TEXT), content_bytes=1000)
