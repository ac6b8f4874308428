import pytest

from nephoscope.scan.ecosystem import LONGEST_VERSION, bounded, ecosystem, ecosystems, place


def test_an_ecosystem_is_known_by_each_of_its_names_whatever_their_case():
    assert place("pypi").ecosystem is place("PyPI").ecosystem
    assert place("crates.io").ecosystem is place("npm").ecosystem


def test_no_two_families_have_one_name():
    families = {each.__name__: each for each in ecosystems().values()}
    names = [name.casefold() for each in families.values() for name in each.names]

    assert len(names) == len(set(names))


def test_an_unknown_ecosystem_orders_nothing():
    unknown = place("Nope:3")

    assert (unknown.name, unknown.release, unknown.ecosystem) == ("nope", "3", None)
    assert unknown.key("1") is None
    assert unknown.package_name("A_b") == "A_b"


def test_making_an_ecosystem_registers_nothing():
    made = ecosystem("Mine")(lambda version: version.encode())

    assert made.key("1") == b"1"
    assert "mine" not in ecosystems()


@pytest.mark.parametrize("text", ["1 2", "1\u00a02", "1" * (LONGEST_VERSION + 1)])
def test_what_no_version_is_never_reaches_the_key(text):
    asked = []
    key = bounded(lambda version: asked.append(version) or b"")

    assert key(text) is None
    assert asked == []


def test_a_version_is_looked_at_once():
    asked = []
    key = bounded(lambda version: asked.append(version) or b"k")

    assert [key("1"), key("1"), key(" 1 ")] == [b"k"] * 3
    assert asked == ["1", "1"]
