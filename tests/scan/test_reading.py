import gzip
import io
import json
import os
import struct
import zipfile

import pytest
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.scan import reading
from nephoscope.scan.reading import read_advisories

ONE, TWO = ({"id": name, "affected": []} for name in ("A-1", "A-2"))


@pytest.fixture
def read(tmp_path):
    """Reads files that are given as {name: content} below a folder; answers ids and {place below it: cause}."""

    def read_it(files, of=""):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = list(read_advisories([tmp_path / of]))
        gaps = {each.subject.replace(f"{tmp_path}/", ""): each.cause for each in found if isinstance(each, Gap)}
        return [each.id for each in found if isinstance(each, Advisory)], gaps

    return read_it


def lines(*records):
    return "\n".join(map(json.dumps, records))


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        lines(ONE, TWO),
        "\ufeff" + lines(ONE, TWO) + "\n\n",
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2),
        json.dumps({"vulns": [ONE, TWO]}, indent=2),
        gzip.compress(lines(ONE, TWO).encode()),
        gzip.compress(json.dumps([ONE, TWO]).encode()),
        zipped(**{"a/A-1.json": json.dumps(ONE, indent=2), "A-2.json": json.dumps(TWO)}),
        zipped(**{"all.jsonl": lines(ONE, TWO)}),
    ],
    ids=range(9),
)
def test_every_form_of_records_is_read_whatever_the_files_name(read, content):
    assert read({"file.json": content}, "file.json") == (["A-1", "A-2"], {})
    assert read({"named": content}, "named") == (["A-1", "A-2"], {})


def test_a_folder_is_read_at_any_depth_in_order_of_name(read):
    files = {
        "b/A-2.json": json.dumps(TWO, indent=1),
        "a/x.jsonl.gz": gzip.compress(lines(ONE).encode()),
        "README.md": "x",
    }

    assert read(files) == (["A-1", "A-2"], {})


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (lines(ONE) + "\n{broken\n" + lines(TWO), "f.json:2"),
        ("{broken\n" + lines(ONE, TWO), "f.json:1"),
        (lines(ONE, {"summary": "no id"}, TWO), "f.json:2"),
        (json.dumps([ONE, 7, TWO]), "f.json[1]"),
        (lines(ONE).encode() + b'\n{"id": "\xff"}\n' + lines(TWO).encode(), "f.json:2"),
        (lines(ONE) + "\n" + "[" * 100_000 + "\n" + lines(TWO), "f.json:2"),
        (lines(ONE) + '\n{"id": "X", "affected": [{"package": "a"}]}\n' + lines(TWO), "f.json:2"),
    ],
    ids=range(7),
)
def test_what_is_no_record_is_named_with_its_place_and_the_rest_is_read(read, content, place):
    found, gaps = read({"f.json": content})

    assert (found, list(gaps)) == (["A-1", "A-2"], [place])


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"{", "not an OSV record"),
        (json.dumps({"broken": 1}, indent=2)[:-1].encode(), "not an OSV record"),
        (b"\x1f\x8b broken", "cannot be read"),
        (gzip.compress(b'{"id": "A"}' * 1000)[:40], "cannot be read"),
        (b"PK\x03\x04 broken", "cannot be read"),
    ],
    ids=range(7),
)
def test_a_broken_file_is_named_once_and_the_next_is_read(read, content, cause):
    found, gaps = read({"a.json": content, "b.json": lines(ONE)})

    assert found == ["A-1"]
    assert list(gaps) == ["a.json"]
    assert cause in gaps["a.json"]


def test_an_empty_folder_is_said_to_be_empty(read):
    found, [cause] = read({"README.md": "x"})[0], read({})[1].values()

    assert found == []
    assert "holds no file" in cause


def test_members_that_lead_elsewhere_or_are_no_records_are_named(read):
    archive = zipped(
        **{
            "../up.json": "{}",
            "/abs.json": "{}",
            "a\\..\\b.json": "{}",
            "in.zip": "PK",
            "x.txt": "",
            "ok.json": lines(ONE),
        }
    )
    found, gaps = read({"f.zip": archive})

    assert found == ["A-1"]
    assert sum("leads out of the archive" in cause for cause in gaps.values()) == 3
    assert sum("is not named" in cause for cause in gaps.values()) == 2


def test_a_member_too_large_to_be_a_record_is_named(read):
    huge = b" " * (reading.LARGEST_MEMBER_BYTES + 1)
    found, gaps = read({"f.zip": zipped(**{"a.json": huge, "b.json": lines(ONE)})})

    assert found == ["A-1"]
    assert "more than 64 MB" in gaps["f.zip!a.json"]


def test_a_member_that_lies_about_its_size_is_still_bounded(read):
    archive = bytearray(zipped(**{"a.json": b" " * (reading.LARGEST_MEMBER_BYTES + 1)}))
    at = archive.index(b"PK\x01\x02") + 24
    archive[at : at + 4] = struct.pack("<I", 10)
    found, gaps = read({"f.zip": bytes(archive)})

    assert found == []
    assert list(gaps) == ["f.zip!a.json"]


def test_a_bomb_is_given_up_long_before_it_fills_memory(read):
    many = zipped(**{f"{number}.json": b" " * (60 << 20) for number in range(4)})
    packed = gzip.compress(b"\n" * (200 << 20), 9)
    found, gaps = read({"a.zip": many, "b.json.gz": packed, "c.json": lines(ONE)})

    assert found == ["A-1"]
    assert all("times its size" in gaps[name] for name in ("a.zip", "b.json.gz"))


def test_an_encrypted_member_is_named(read):
    archive = bytearray(zipped(**{"a.json": lines(ONE)}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(mark) + offset] |= 1

    assert "encrypted" in read({"f.zip": bytes(archive)})[1]["f.zip!a.json"]


def test_pipes_and_missing_files_are_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    found = list(read_advisories([tmp_path, tmp_path / "pipe.json", tmp_path / "missing.json"]))

    assert [each.cause for each in found][:2] == ["is no file, and was not read"] * 2
    assert "No such file" in found[2].cause


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines(ONE, TWO).encode())))

    assert [each.id for each in read_advisories([reading.Path("-")])] == ["A-1", "A-2"]


def test_no_json_at_all_stops_the_reading(tmp_path):
    """The JSON test suite: what is wrong is named, what is right is no record, and the last file is still read."""
    folder = unpack(shared("json_test_suite") / "files.tar.gz", tmp_path / "suite")
    (folder / "zzz.json").write_text(lines(ONE))
    found = list(read_advisories([folder]))
    named = {name_in(each) for each in found if isinstance(each, Gap)}

    assert Advisory("A-1", affected=[]) in found
    assert {path.name for path in folder.rglob("*.json")} - named <= {
        "zzz.json",
        "y_object_long_strings.json",  # has an id
        "y_array_empty.json",
        "y_array_with_several_null.json",
        "y_structure_whitespace_array.json",
        "y_array_arraysWithSpaces.json",
    }


def name_in(gap):
    return gap.subject.rpartition("/")[2].partition(".json")[0] + ".json"
