import time

import pytest

from nephoscope.documents import MAX_BYTES, Document, parse_documents, read_documents
from nephoscope.model.errors import ContentError


def parsed(content):
    return list(parse_documents(content.encode() if isinstance(content, str) else content, "r.yml"))


def test_each_document_knows_its_lines():
    first, second = parsed("title: a\ndetection:\n  s: {a: 1}\n  condition: s\n---\ntitle: b\n")
    assert (first.line, first.where("detection.condition")) == (1, "r.yml:4")
    assert second.where("detection.condition", "title") == "r.yml:6"
    assert second.content == {"title": "b"}


def test_empty_documents_are_passed_over():
    assert [document.content for document in parsed("---\n---\ntitle: a\n---\n")] == [{"title": "a"}]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ("title: a\n  b: [", "r.yml:2", "is not YAML"),
        ("title: a\ntitle: b", "r.yml:1", "stands twice"),
        ("- a\n- b", "r.yml:1", "not a mapping"),
        (b"title: \xff", "r.yml", "not UTF-8 at byte 7"),
        ("title: \x07", "r.yml", "is not YAML"),
        ("a: &a {b: *a}", "r.yml", "Recursive"),
        ("a: !!python/object/apply:os.system [ls]", "r.yml:1", "is not YAML"),
        ("? [a]\n: b", "r.yml:1", "is not YAML"),
        ("a: &a {x: 1}\nb:\n  <<: [*a, *a]", "r.yml:3", "merged"),
    ],
)
def test_what_is_not_a_rule_file_is_named_with_its_line(content, place, reason):
    *_, error = parsed(content)
    assert isinstance(error, ContentError)
    assert error.where == place
    assert reason in error.reason


@pytest.mark.parametrize("depth", [200, 200_000])
@pytest.mark.parametrize("content", ["[", "- ", "? ", "{b: "])
def test_depth_without_end_is_refused_at_once(content, depth):
    began = time.monotonic()
    [error] = parsed(content * depth)
    assert "deeper than" in error.reason
    assert time.monotonic() - began < 5


def test_alias_bombs_are_refused_at_once():
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    [error] = parsed(f"a0: &a0 [x]\n{levels}\n")
    assert "alias" in error.reason


def test_a_huge_file_is_refused_unparsed(tmp_path):
    (tmp_path / "r.yml").write_bytes(b"a: " + b"x" * MAX_BYTES)
    [error] = read_documents(tmp_path / "r.yml")
    assert "larger than 4 MB" in error.reason


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    [error] = read_documents(tmp_path / "gone.yml", "gone.yml")
    assert str(error) == "gone.yml: cannot be read: No such file or directory"


def test_a_good_document_before_a_bad_one_is_kept():
    first, error = parsed("title: a\n---\ntitle: [")
    assert isinstance(first, Document)
    assert isinstance(error, ContentError)
