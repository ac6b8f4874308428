import io
import tarfile
import zipfile

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.archive import opened_files, written
from nephoscope.respond.evidence.verify import verify


def test_an_archive_is_there_only_when_it_is_whole(tmp_path):
    def broken_off():
        with written(tmp_path / "a.zip") as archive:
            archive.add("x", 1, io.BytesIO(b"x"))
            raise CustodyError("stop")

    with pytest.raises(CustodyError, match="stop"):
        broken_off()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_what_was_written_is_read(tmp_path, name):
    with written(tmp_path / name) as archive:
        archive.add("folder/x", 3, io.BytesIO(b"xyz"))
    with opened_files(tmp_path / name) as files:
        assert list(files.names()) == ["folder/x"]
        assert files.open("folder/x").read() == b"xyz"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    with pytest.raises(CustodyError, match="there already"), written(tmp_path / name):
        pass


def test_another_suffix_or_folder_is_refused(tmp_path):
    with pytest.raises(CustodyError, match="neither"), written(tmp_path / "a.rar"):
        pass
    with pytest.raises(CustodyError, match="cannot be written"), written(tmp_path / "none" / "a.zip"):
        pass


def test_what_is_no_archive_is_said(tmp_path):
    (tmp_path / "a").write_bytes(b"no archive")
    with pytest.raises(CustodyError, match="no archive"), opened_files(tmp_path / "a"):
        pass
    with pytest.raises(CustodyError, match="cannot be read"), opened_files(tmp_path / "none"):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_lead_out_or_come_twice_are_named_and_nothing_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("../../escaped", "/etc/escaped", "a\\b", "twice", "twice"):
            archive.writestr(name, "x")
    with opened_files(tmp_path / "a.zip") as files:
        flaws = verify(files, {}).flaws
    assert {flaw.path for flaw in flaws} >= {"../../escaped", "/etc/escaped", "a\\b", "twice"}
    assert not list(tmp_path.parent.rglob("escaped"))


def test_links_and_devices_in_a_tar_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo(f"manifest{kind.decode()}/manifest.dsse.json")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    with opened_files(tmp_path / "a.tar") as files:
        flaws = verify(files, {}).flaws
    assert len(flaws) == 4
    assert all("no plain file" in flaw.detail for flaw in flaws)


def test_a_bomb_is_read_no_further_than_it_may_be(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w") as member:
        for _ in range(100):
            member.write(b"\0" * (1 << 20))
    with opened_files(tmp_path / "a.zip") as files, files.open("x") as content:
        assert len(content.read(1000)) == 1000


def test_a_damaged_member_is_a_flaw(tmp_path):
    with written(tmp_path / "a.zip") as archive:
        archive.add("manifest.dsse.json", 5000, io.BytesIO(b"ab" * 2500))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[60] ^= 0xFF
    (tmp_path / "b.zip").write_bytes(content)
    with opened_files(tmp_path / "b.zip") as files:
        assert [flaw.kind for flaw in verify(files, {}).flaws] == ["altered"]
