import io
import tarfile

import pytest
from tests.scan.images.made import tar

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.images.blobs import Archive, members, path_of, read_blob


@pytest.fixture
def archive(tmp_path):
    content = tar(
        ("./a", b"content"), ("b/c", ("link", "../a")), ("d", ("link", "d")), ("e", ("link", "/etc/hostname"))
    )
    (tmp_path / "x.tar").write_bytes(content)
    with (tmp_path / "x.tar").open("rb") as file:
        yield Archive(file)


def test_files_are_found_by_name_and_by_link(archive):
    assert read_blob(archive, "a", 7) == read_blob(archive, "b/c", 7) == b"content"
    with pytest.raises(TreeError, match="larger than 6"):
        read_blob(archive, "a", 6)


@pytest.mark.parametrize("path", ["d", "e", "../a/../../x", "nowhere"])
def test_nothing_else_is_opened(archive, path):
    with pytest.raises(Absent):
        archive.open(path)


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "sha256:" + "a" * 63, "md5:" + "a" * 32, "", "sha256:A"])
def test_what_is_no_digest_leads_nowhere(digest):
    with pytest.raises(TreeError, match="no digest"):
        path_of(digest)


def test_a_header_of_gigabytes_is_not_read():
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with pytest.raises(tarfile.ReadError, match="claims 1073741824 bytes"):
        list(members(io.BytesIO(member.tobuf() + bytes(4096))))
