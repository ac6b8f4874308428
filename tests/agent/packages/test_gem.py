import pytest
from tests.agent.packages.made import found_in, put


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rack-2.2.4", ("rack", "2.2.4")),
        ("nokogiri-1.15.4-x86_64-linux", ("nokogiri", "1.15.4")),
    ],
)
def test_names_say_gem_and_version(tmp_path, name, expected):
    packages, problems = found_in(put(tmp_path, {f"gems/specifications/{name}.gemspec": "raise 'never run'"}))
    assert [(each.name, each.version) for each in packages] == [expected]
    assert problems == []


def test_a_name_without_a_version_is_named(tmp_path):
    assert (
        len(found_in(put(tmp_path, {"specifications/default/odd.gemspec": "", "x/specifications/odd.gemspec": ""}))[1])
        == 1
    )
