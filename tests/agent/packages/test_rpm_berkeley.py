import io

import pytest
from tests.agent.packages.rpm_made import berkeley_file

from nephoscope.agent.packages.rpm_berkeley import blobs

VALUES = [b"a" * 100, b"b" * 2000]


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_of_many_pages_are_whole(order):
    assert list(blobs(io.BytesIO(berkeley_file(VALUES, order)))) == VALUES


def test_a_chain_that_comes_back_ends():
    content = bytearray(berkeley_file(VALUES))
    content[4 * 512 + 16 : 4 * 512 + 20] = (3).to_bytes(4, "little")
    first, second = blobs(io.BytesIO(bytes(content)))
    assert first == VALUES[0]
    assert "damaged at page 3" in second or "damaged at page 4" in second


def test_a_file_that_ends_early_says_where():
    found = list(blobs(io.BytesIO(berkeley_file(VALUES)[:-512])))
    assert found[0] == VALUES[0]
    assert any("ends before page" in each for each in found[1:] if isinstance(each, str))
