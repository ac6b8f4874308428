import pytest

from nephoscope.fleet.ber import BadBer, parse


def test_definite_and_indefinite_lengths_say_the_same():
    definite = parse(bytes.fromhex("3006 0401 61 0401 62"))
    indefinite = parse(bytes.fromhex("3080 0401 61 0401 62 0000"))

    assert [part.content for part in definite.parts] == [part.content for part in indefinite.parts] == [b"a", b"b"]
    assert definite.content == indefinite.content


def test_octets_in_parts_are_put_together():
    assert parse(bytes.fromhex("2480 0401 61 2403 0401 62 0000")).octets == b"ab"


def test_long_lengths_are_read():
    value = parse(b"\x04\x82\x01\x00" + b"x" * 256)
    assert (value.content, len(value.raw)) == (b"x" * 256, 260)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04",
        b"\x04\x02a",
        b"\x04\x01ab",
        b"\x1f\x01a",
        b"\x30\x80",
        b"\x30\x80\x04\x01a",
        b"\x30\x80\x00",
        b"\x04\x80\x00\x00",
        b"\x30\x03\x04\x05a",
        b"\x04\xff" + b"\xff" * 10,
        b"\x30\x80" * 1_000,
        b"\x30\x82\x4e\x20" + b"\x04\x00" * 10_000,
    ],
)
def test_what_is_no_ber_or_too_much_of_it_is_refused(data):
    with pytest.raises(BadBer):
        parse(data)


def test_a_part_is_what_it_should_be():
    value = parse(bytes.fromhex("3003 0401 61"))
    assert value.part(0, 0x04).content == b"a"
    for number, tag in ((0, 0x30), (1, 0x04)):
        with pytest.raises(BadBer):
            value.part(number, tag)
