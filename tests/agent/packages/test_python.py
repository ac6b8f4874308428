import pytest
from tests.agent.packages.made import found_in, put


def test_wheels_and_eggs_are_found_and_their_descriptions_are_not_read(tmp_path):
    put(
        tmp_path,
        {
            "a/x-1.dist-info/METADATA": "Metadata-Version: 2.1\nname: X\nVersion:  1.0 \n\nName: y\n",
            "a/y.egg-info/PKG-INFO": "Name: y\nVersion: 2\n",
            "a/z-3.egg-info": "Name: z\nVersion: 3\n",
            "a/w.egg-info/other": "Name: w\nVersion: 4\n",
        },
    )
    packages, problems = found_in(tmp_path)
    assert sorted((each.name, each.version) for each in packages) == [("X", "1.0"), ("y", "2"), ("z", "3")]
    assert problems == []


@pytest.mark.parametrize("text", ["", "Name: x\n", "\n\nName: x\nVersion: 1\n", "Version: 1\n"])
def test_what_names_no_package_is_named(tmp_path, text):
    assert [each.location for each in found_in(put(tmp_path, {"a.dist-info/METADATA": text}))[1]] == [
        "a.dist-info/METADATA"
    ]
