import pytest

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.lvm_text import parse


def test_sections_numbers_texts_and_lists_are_read_and_comments_are_not():
    text = (
        b'vg {\n id = "a\\"b" # said\n size=8192\n flags = []\n list = ["x", 0]\n inner { a = -1 } }\nversion = 1\n\0'
    )
    assert parse(text) == {
        "vg": {"id": 'a"b', "size": 8192, "flags": [], "list": ["x", 0], "inner": {"a": -1}},
        "version": 1,
    }


@pytest.mark.parametrize(
    "text",
    [b"a {", b"a", b"a =", b"a = }", b"= 1", b"{", b"}", b"a = [1", b'a = "x', b"a \xff", b"a = ;", b"a {" * 100],
)
def test_what_is_none_is_an_error_that_names_the_place(text):
    with pytest.raises(DiskError, match="LVM's metadata"):
        parse(text)


def test_what_is_far_too_large_is_not_read():
    with pytest.raises(DiskError, match="larger than any should be"):
        parse(b"#" * (5 << 20))
