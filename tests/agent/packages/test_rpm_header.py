import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agent.packages.rpm_made import header

from nephoscope.agent.packages.rpm_header import EPOCH, NAME, File, HeaderError, fields_of, files_of


def test_wanted_tags_are_read():
    assert fields_of(header(name="bash", epoch=3)) == {NAME: "bash", EPOCH: "3"}


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\xff" * 8,
        struct.pack(">II", 1, 4) + struct.pack(">IIII", 1003, 4, 2, 1) + b"abcd",
        struct.pack(">II", 1, 4) + struct.pack(">IIII", 1000, 6, 0, 1) + b"abcd",
        struct.pack(">II", 1, 4) + struct.pack(">IIII", 1000, 6, 99, 1) + b"abc\0",
    ],
)
def test_what_is_no_header_says_why(blob):
    with pytest.raises(HeaderError):
        fields_of(blob)


def made_of(*tags):
    """A header of (tag, kind, count, content)."""
    entries, store = b"", b""
    for tag, kind, count, content in tags:
        entries += struct.pack(">IIII", tag, kind, len(store), count)
        store += content
    return struct.pack(">II", len(tags), len(store)) + entries + store


FLAGS, INDEXES = (1037, 4, 2, struct.pack(">II", 1, 0)), (1116, 4, 2, struct.pack(">II", 0, 0))
LISTED = (FLAGS, INDEXES, (1035, 8, 2, b"aa\0\0"), (1117, 8, 2, b"a.conf\0b\0"), (1118, 8, 1, b"/etc/\0"))


def test_files_are_listed_with_digest_and_kind():
    found = files_of(made_of(*LISTED, (5011, 4, 1, struct.pack(">I", 8))))
    assert found == [File("/etc/a.conf", "sha256", "aa", True), File("/etc/b", "sha256", "", False)]
    assert files_of(made_of(*LISTED))[0].algorithm == "md5"
    assert files_of(made_of(*LISTED, (5011, 4, 1, struct.pack(">I", 99))))[0].digest == ""
    assert files_of(made_of()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        LISTED[1:],
        (*LISTED[:4], (1118, 8, 0, b"\0")),
        (FLAGS, (1116, 4, 2, struct.pack(">II", 0, 7)), *LISTED[2:]),
        (*LISTED[:2], (1035, 8, 9, b"aa\0\0"), *LISTED[3:]),
        (*LISTED[:2], (1035, 6, 2, b"aa\0\0"), *LISTED[3:]),
        ((1037, 4, 1 << 30, b""), *LISTED[1:]),
    ],
)
def test_lists_of_files_that_do_not_fit_together_are_refused(wrong):
    with pytest.raises(HeaderError):
        files_of(made_of(*wrong))


@given(st.binary(max_size=200))
def test_whatever_is_no_header_is_refused_or_read(blob):
    with contextlib.suppress(HeaderError):
        files_of(blob)
