import random

import pytest
from tests.agent.packages.made import DEBIAN, STATUS, found_in, put

FILES = {
    "etc/os-release": DEBIAN,
    "var/lib/dpkg/status": STATUS,
    "lib/apk/db/installed": "P:musl\nV:1.2-r1\nA:x86_64\no:musl\n\nP:zlib\nV:1-r1\n",
}


def test_a_tree_without_a_release_says_so_and_goes_on(tmp_path):
    packages, problems = found_in(
        put(tmp_path, {"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nVersion: 1\n"})
    )
    assert [each.ecosystem for each in packages] == ["Debian"]
    assert [each.location for each in problems] == ["etc/os-release"]


def test_an_empty_tree_holds_nothing(tmp_path):
    assert found_in(tmp_path) == ([], [])


def test_what_cannot_be_opened_is_named(tmp_path):
    put(tmp_path, {"etc/os-release": DEBIAN, "var/lib/dpkg/x": ""})
    (tmp_path / "var/lib/dpkg/status").mkdir()
    assert [tuple(each) for each in found_in(tmp_path)[1]] == [
        ("var/lib/dpkg/status", "is no plain file; not opened"),
    ]


@pytest.mark.parametrize("path", FILES)
def test_no_change_of_a_file_makes_reading_fail(tmp_path, path):
    chance = random.Random(path)
    put(tmp_path, FILES)
    content = FILES[path].encode()
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(max(len(changed), 1))
            if at < len(changed) and chance.random() < 0.5:
                changed[at] = chance.randrange(256)
            else:
                del changed[at : at + chance.randint(1, 40)]
        put(tmp_path, {path: bytes(changed)})
        packages, problems = found_in(tmp_path)
        for each in (*packages, *problems):
            "".join(map(str, each)).encode()
