import struct

import pytest

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.journal import COMMIT, DESCRIPTOR, ESCAPED, LAST, MAGIC, REVOKE, SAME_UUID, replayed

BLOCK = 1024
SEQUENCE = 7


def padded(text):
    return text.ljust(BLOCK, b"\0")


def header(start=1, features=0, first=1, most=20, block=BLOCK):
    body = struct.pack(">III", MAGIC, 4, 0) + struct.pack(">IIIII", block, most, first, SEQUENCE, start)
    return padded(body.ljust(40, b"\0") + struct.pack(">I", features))


def descriptor(sequence, *targets, flags=0):
    tags = [
        struct.pack(">IHH", target, 0, flags | (LAST if place == len(targets) - 1 else 0) | (SAME_UUID if place else 0))
        + (b"" if place else bytes(16))
        for place, target in enumerate(targets)
    ]
    return padded(struct.pack(">III", MAGIC, DESCRIPTOR, sequence) + b"".join(tags))


def commit(sequence):
    return padded(struct.pack(">III", MAGIC, COMMIT, sequence))


def revoke(sequence, *targets):
    body = b"".join(struct.pack(">I", target) for target in targets)
    return padded(struct.pack(">IIII", MAGIC, REVOKE, sequence, 16 + len(body)) + body)


def replay(*blocks, **head):
    text = b"".join([header(**head), *blocks]).ljust(20 * BLOCK, b"\0")
    found = replayed(lambda offset, length: text[offset : offset + length], len(text), BLOCK)
    return {number: bytes(block.rstrip(b"\0")) for number, block in found.items()}


def test_committed_blocks_are_taken_and_the_latest_counts():
    one = descriptor(7, 100, 101), padded(b"a"), padded(b"b"), commit(7)
    two = descriptor(8, 101), padded(b"c"), commit(8)
    assert replay(*one, *two) == {100: b"a", 101: b"c"}


def test_a_transaction_that_was_not_committed_is_not_there():
    assert replay(descriptor(7, 100), padded(b"a"), commit(7), descriptor(8, 100), padded(b"b")) == {100: b"a"}
    assert replay(descriptor(7, 100), padded(b"a"), commit(6)) == {}


def test_what_is_revoked_is_not_taken_from_before_nor_from_the_same_transaction_but_from_later_ones():
    one = descriptor(7, 100, 101, 102), padded(b"a"), padded(b"b"), padded(b"c"), commit(7)
    two = descriptor(8, 101), padded(b"d"), revoke(8, 100, 101), commit(8)
    three = descriptor(9, 100), padded(b"e"), commit(9)
    assert replay(*one, *two) == {102: b"c"}
    assert replay(*one, *two, *three) == {102: b"c", 100: b"e"}


def test_a_block_that_looks_like_the_journal_s_own_is_put_right():
    assert replay(descriptor(7, 100, flags=ESCAPED), padded(b"\0\0\0\0rest"), commit(7)) == {
        100: struct.pack(">I", MAGIC) + b"rest"
    }


def test_the_journal_goes_on_at_its_beginning():
    blocks = [padded(b"a"), commit(7), *[padded(b"")] * 16, descriptor(7, 100)]
    assert replay(*blocks, start=19) == {100: b"a"}


def test_an_empty_journal_holds_nothing():
    assert replay(descriptor(7, 100), padded(b"a"), commit(7), start=0) == {}


@pytest.mark.parametrize("head", [{"features": 0x800}, {"block": 2048}, {"first": 0}, {"most": 30}])
def test_a_journal_that_is_not_understood_is_refused(head):
    with pytest.raises(DiskError, match="not supported"):
        replay(**head)


def test_a_journal_that_is_none_is_refused():
    with pytest.raises(DiskError, match="damaged"):
        replayed(lambda offset, length: bytes(length), 20 * BLOCK, BLOCK)
