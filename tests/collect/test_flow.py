import pytest

from nephoscope.collect.flow import canonical


@pytest.mark.parametrize("name", ["tcp-flags", "tcp_flags", "tcpFlags", "TCPFLAGS"])
def test_one_field_has_many_spellings(name):
    assert canonical(name) == "tcpflags"
