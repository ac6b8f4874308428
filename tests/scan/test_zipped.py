import io
import random
import stat
import zipfile

import pytest
from tests.scan.zip_made import python, zipped

from nephoscope.scan.zipped import JAR, unpack


def unpacked(content, folder):
    folder.mkdir()
    problems = list(unpack(io.BytesIO(content), folder))
    return problems, sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def entry(name, mode=0o644, kind=stat.S_IFREG):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | mode) << 16
    return info


def test_only_what_a_reader_wants_is_written(tmp_path):
    problems, files = unpacked(zipped(python() | {"large.bin": b"x" * 100}), tmp_path / "o")
    assert (problems, files) == ([], ["requests-2.0.dist-info/METADATA"])


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("../a.dist-info/METADATA", "leads out"),
        ("/etc/a.dist-info/METADATA", "leads out"),
        ("x/../../a.dist-info/METADATA", "leads out"),
        ("..\\a.dist-info\\METADATA", "leads out"),
        ("C:/a.dist-info/METADATA", "leads out"),
        ("d/" * 200 + "a.dist-info/METADATA", "too deep"),
        (entry("a.dist-info/METADATA", kind=stat.S_IFLNK), "is a link"),
        (entry("a.dist-info/METADATA", kind=stat.S_IFIFO), "is a link or no plain file"),
    ],
)
def test_what_leads_out_or_is_no_file_is_named_and_the_rest_is_read(tmp_path, name, cause):
    problems, files = unpacked(zipped({name: "Name: evil\nVersion: 1\n", **python()}), tmp_path / "o")
    assert [cause in each.cause for each in problems] == [True]
    assert files == ["requests-2.0.dist-info/METADATA"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o"]


def test_a_bomb_is_not_read_on(tmp_path):
    bomb = zipped({f"a{number}.dist-info/METADATA": b"\0" * (8 << 20) for number in range(40)})
    problems, _ = unpacked(bomb, tmp_path / "o")
    assert "unpacks to more than" in problems[0].cause
    assert sum(path.stat().st_size for path in (tmp_path / "o").rglob("*") if path.is_file()) < 160 << 20


def test_a_name_that_comes_twice_is_taken_once(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.dist-info/METADATA", "Name: a\nVersion: 1\n")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.dist-info/METADATA", "Name: a\nVersion: 2\n")
    problems, files = unpacked(made.getvalue(), tmp_path / "o")
    assert (len(problems), files) == (1, ["a.dist-info/METADATA"])
    assert "Version: 1" in (tmp_path / "o" / files[0]).read_text()


def test_an_archive_of_classes_is_there_itself(tmp_path):
    assert unpacked(zipped({"META-INF/MANIFEST.MF": "x", "A.class": "y"}), tmp_path / "o")[1] == [JAR]


def test_damage_anywhere_is_a_named_problem_or_harmless(tmp_path):
    whole, chance = zipped(python()), random.Random(3)
    for number in range(300):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        problems, _ = unpacked(bytes(content), tmp_path / str(number))
        assert all(each.cause for each in problems)


def test_what_is_no_zip_is_told(tmp_path):
    assert "cannot be read" in unpacked(b"no zip", tmp_path / "o")[0][0].cause
