import io

from tests.agent.packages.rpm_made import ndb_file

from nephoscope.agent.packages.rpm_ndb import blobs

VALUES = [b"a" * 100, b"b" * 2000]


def test_values_are_whole():
    assert list(blobs(io.BytesIO(ndb_file(VALUES)))) == VALUES


def test_a_damaged_slot_is_named_and_the_rest_goes_on():
    content = bytearray(ndb_file(VALUES))
    content[32 + 8 : 32 + 12] = b"\xff\xff\xff\0"
    found = list(blobs(io.BytesIO(bytes(content))))
    assert "package 1 is damaged" in found[0]
    assert found[1] == VALUES[1]
