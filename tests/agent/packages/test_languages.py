import random

import pytest
from tests.agent.packages.language_made import go_program, jar, pom
from tests.agent.packages.made import found_in, put

from nephoscope.agent.packages.languages import wanted
from nephoscope.scan.ecosystem import place
from nephoscope.scan.purl import package_of

FILES = {
    "usr/lib/python3/dist-packages/a.dist-info/METADATA": b"Name: Zope.Interface\nVersion: 5.0\n\nVersion: 6\n",
    "app/node_modules/@x/y/package.json": b'{"name": "@x/y", "version": "1.0.0"}',
    "usr/bin/tool": go_program("path\tx", "mod\texample.com/x\t(devel)\t", "dep\tgolang.org/x/net\tv0.1.0\th1:x"),
    "app/x.jar": jar(pom("org.x", "y", "1")),
    "usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.4.gemspec": b"",
    "src/Cargo.lock": b'[[package]]\nname = "libc"\nversion = "0.2.1"\nsource = "registry+x"\n',
}


@pytest.fixture
def root(tmp_path):
    put(tmp_path, FILES)
    (tmp_path / "usr/bin/tool").chmod(0o755)
    return tmp_path


def test_every_kind_is_found_anywhere_and_reads_back_from_its_purl(root):
    packages, problems = found_in(root)
    assert problems == []
    assert sorted((each.ecosystem, each.name, each.version) for each in packages) == [
        ("Go", "golang.org/x/net", "0.1.0"),
        ("Go", "stdlib", "1.22.1"),
        ("Maven", "org.x:y", "1"),
        ("PyPI", "Zope.Interface", "5.0"),
        ("RubyGems", "rack", "2.2.4"),
        ("crates.io", "libc", "0.2.1"),
        ("npm", "@x/y", "1.0.0"),
    ]
    for package in packages:
        read_back, known = package_of(package.purl), place(package.ecosystem)
        assert read_back.ecosystem == package.ecosystem
        assert known.package_name(read_back.name) == known.package_name(package.name)
        assert known.key(read_back.version) == known.key(package.version)


def test_links_are_not_followed_and_what_changes_by_itself_is_passed_over(root):
    (root / "again").symlink_to("app")
    put(root, {f"{path}/Cargo.lock": FILES["src/Cargo.lock"] for path in ("proc/1/cwd", "usr/share/doc/x", "tmp/y")})
    packages, problems = found_in(root)
    assert (len(packages), problems) == (7, [])


def test_what_no_reader_wants_need_not_be_kept():
    assert not wanted("etc/passwd", 0o644)
    assert all(wanted(path, 0o755) for path in FILES)


@pytest.mark.parametrize("path", FILES)
def test_no_change_of_a_file_makes_reading_fail(root, path):
    chance = random.Random(path)
    content = FILES[path] or b"x"
    for _ in range(120):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 5)):
            changed[chance.randrange(len(changed))] = chance.choice((0, 255, chance.randrange(256)))
        if chance.random() < 0.2:
            del changed[chance.randrange(len(changed)) :]
        put(root, {path: bytes(changed)})
        for each in sum(found_in(root), []):
            "".join(map(str, each)).encode()
