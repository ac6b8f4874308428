import pytest
from tests.agent.packages.made import found_in, put

from nephoscope.agent.packages.npm import wants


def test_only_manifests_of_packages_are_read():
    assert wants("node_modules/a/package.json", 0)
    assert wants("x/node_modules/@s/a/node_modules/b/package.json", 0)
    assert not any(wants(path, 0) for path in ("package.json", "x/package.json", "node_modules/a/lib/package.json"))
    assert not wants("node_modules/@s/package.json", 0)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": 1, "version": "1"}', '{"name": "a"}', "[" * 100_000, '{"name": " ", "version": "1"}']
)
def test_what_names_no_package_is_named(tmp_path, text):
    packages, problems = found_in(put(tmp_path, {"node_modules/a/package.json": text}))
    assert (packages, len(problems)) == ([], 1)


def test_halves_of_characters_do_no_harm(tmp_path):
    (package,), _ = found_in(put(tmp_path, {"node_modules/a/package.json": '{"name": "a\\ud800", "version": "1"}'}))
    assert package.name == "a?"
