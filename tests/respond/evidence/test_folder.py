import os

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.folder import PARTS, Folder
from nephoscope.respond.evidence.storage import Spool


@pytest.fixture
def put(tmp_path):
    """`put(name, content)` into a folder."""
    folder = Folder(tmp_path)

    def do(name, content, is_latest=False):
        with Spool(tmp_path / PARTS).part([content]) as part:
            folder.put_latest(name, part) if is_latest else folder.put(name, part, {})
            return part

    return do


def test_a_file_is_kept_once_and_not_replaced(tmp_path, put):
    put("a/b/c", b"1")
    put("a/b/c", b"1")
    with pytest.raises(CustodyError, match="something else has its name"):
        put("a/b/c", b"2")
    assert (tmp_path / "a/b/c").read_bytes() == b"1"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_the_latest_replaces_the_one_before(tmp_path, put):
    for content in (b"1", b"2"):
        put("head", content, is_latest=True)
    assert (tmp_path / "head").read_bytes() == b"2"


def test_names_are_those_of_files_links_and_nothing_in_progress(tmp_path, put):
    put("cases/run/captures/x", b"x")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / PARTS).mkdir(exist_ok=True)
    (tmp_path / PARTS / "y.part").write_text("y")
    assert sorted(Folder(tmp_path).names()) == ["cases/run/captures/x", "link"]
    assert list(Folder(tmp_path).names("cases/run")) == ["cases/run/captures/x"]
    assert list(Folder(tmp_path).names("none")) == []


def test_links_and_pipes_are_not_opened(tmp_path):
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(CustodyError, match="link|no plain file"):
            Folder(tmp_path).open(name)


def test_a_check_says_what_is_wrong(tmp_path, put):
    part = put("x", b"x")
    folder = Folder(tmp_path)
    assert folder.check("x", part.sha256, 1) == ""
    assert "is not what was kept" in folder.check("x", "0" * 64, 1)
    assert "cannot be read: No such file" in folder.check("y", part.sha256, 1)
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert "is a link" in folder.check("link", part.sha256, 1)
