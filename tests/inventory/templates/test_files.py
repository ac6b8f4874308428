import os

import pytest

from nephoscope.inventory.templates.files import gap_of, text_of, walk
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError


@pytest.fixture
def tree(tmp_path):
    """Two files, a hidden folder, and links to outside and back."""
    (tmp_path / "scanned" / ".git").mkdir(parents=True)
    (tmp_path / "scanned" / "b").mkdir()
    for name in ("outside.yaml", "scanned/a.yaml", "scanned/.git/c.yaml", "scanned/b/d.yaml"):
        (tmp_path / name).write_text("x")
    (tmp_path / "scanned" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (tmp_path / "scanned" / "b" / "loop").symlink_to(tmp_path / "scanned")
    return tmp_path / "scanned"


def test_links_and_hidden_folders_are_not_followed(tree):
    assert [path.name for path in walk(tree)] == ["a.yaml", "d.yaml"]


def test_a_named_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(SourceError, match="no regular file"):
        text_of(tmp_path / "pipe.yaml")


def test_a_file_that_is_too_large_or_no_text_is_refused_with_its_line(tmp_path):
    (tmp_path / "x").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(SourceError, match="larger than 5 bytes"):
        text_of(tmp_path / "x", limit=5)
    with pytest.raises(SourceError) as caught:
        text_of(tmp_path / "x")
    assert gap_of(caught.value) == Gap("object", f"{tmp_path}/x:2", "is not UTF-8")


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(SourceError, match="No such file"):
        text_of(tmp_path / "gone.yaml")
