import struct

import pytest
from tests.agent.packages.rpm_made import header

from nephoscope.agent.packages.rpm_header import EPOCH, NAME, HeaderError, fields_of


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
