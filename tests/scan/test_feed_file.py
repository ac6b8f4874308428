import gzip
import io
import json
import os
import tarfile

import pytest

from nephoscope.model.errors import SourceError
from nephoscope.model.evidence import Envelope
from nephoscope.scan.feed_file import read_bundle, write_bundle, written_feed
from nephoscope.scan.reading import read_advisories
from nephoscope.signing import is_signed, opened_key


def record(id_, modified="2026-01-01T00:00:00Z"):
    return {"id": id_, "modified": modified, "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}}]}


@pytest.fixture
def records(tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(record("A")))
    (folder / "2.jsonl").write_text(json.dumps(record("B", "2026-02-01T00:00:00Z")))
    return folder


@pytest.fixture
def signer(tmp_path):
    return opened_key(tmp_path / "key.pem")


def written(records, folder, name="own"):
    return written_feed(name, read_advisories([records]), folder, lambda _: None)


def bundled(tmp_path, feeds, signer):
    out = io.BytesIO()
    write_bundle(out, tmp_path / "advisories", feeds, signer.sign)
    path = tmp_path / "bundle.tar"
    path.write_bytes(out.getvalue())
    return path


def trusting(signer):
    return lambda envelope: is_signed(envelope, signer.public)


def test_a_feed_is_all_records_and_says_how_many_and_how_new(records, tmp_path):
    made, gaps = written(records, tmp_path / "advisories")
    assert (made.advisories, made.newest_at, gaps) == (2, "2026-02-01T00:00:00Z", [])
    [file] = (tmp_path / "advisories").iterdir()
    assert file.name == made.file
    assert [json.loads(line)["id"] for line in gzip.decompress(file.read_bytes()).splitlines()] == ["A", "B"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_same_records_make_the_same_file(records, tmp_path):
    one, _ = written(records, tmp_path / "one")
    two, _ = written(records, tmp_path / "two")
    assert one == two
    assert (tmp_path / "one" / one.file).read_bytes() == (tmp_path / "two" / two.file).read_bytes()


def test_what_cannot_be_read_is_named_and_the_rest_kept(records, tmp_path):
    (records / "3.json").write_text('{"id": 3}')
    made, [gap] = written(records, tmp_path / "advisories")
    assert made.advisories == 2
    assert "3.json" in gap.subject


def test_nothing_readable_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(SourceError, match="holds no advisory"):
        written_feed("own", read_advisories([tmp_path / "x.json"]), tmp_path / "advisories", lambda _: None)
    assert list((tmp_path / "advisories").iterdir()) == []


@pytest.mark.parametrize("name", ["", "../up", "A", "a/b", "x" * 65, ".hidden"])
def test_a_name_that_is_a_path_or_worse_is_refused(records, tmp_path, name):
    with pytest.raises(SourceError, match="no name of a feed"):
        written(records, tmp_path / "advisories", name)


def test_a_bundle_brings_the_same_feeds(records, tmp_path, signer):
    made, _ = written(records, tmp_path / "advisories")
    bundle = bundled(tmp_path, [made], signer)
    assert bundle.read_bytes() == bundled(tmp_path, [made], signer).read_bytes()
    assert read_bundle(bundle, tmp_path / "other", trusting(signer)) == [made]
    assert (tmp_path / "other" / made.file).read_bytes() == (tmp_path / "advisories" / made.file).read_bytes()


def test_a_bundle_that_another_signed_is_refused(records, tmp_path, signer):
    made, _ = written(records, tmp_path / "advisories")
    bundle = bundled(tmp_path, [made], signer)
    with pytest.raises(SourceError, match="not signed by the key"):
        read_bundle(bundle, tmp_path / "other", trusting(opened_key(tmp_path / "other.pem")))
    assert not (tmp_path / "other").exists()


def changed(bundle, edit):
    """A bundle with its members as `edit` gives them back."""
    with tarfile.open(bundle) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    with tarfile.open(bundle, "w", format=tarfile.USTAR_FORMAT) as tar:
        for member, content in edit(members):
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


EDITS = {
    "a changed byte": (lambda m: [m[0], (m[1][0], m[1][1][:-1] + b"x")], "it was changed"),
    "a feed more": (lambda m: [*m, (tarfile.TarInfo("more.jsonl.gz"), b"x")], "its list does not name"),
    "a feed less": (lambda m: m[:1], "which its list names"),
    "a path": (lambda m: [m[0], (tarfile.TarInfo("../../etc/cron.d/x"), m[1][1])], "its list does not name"),
    "no list": (lambda m: m[1:], "does not begin with"),
    "the same twice": (lambda m: [*m, m[1]], "its list does not name"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_bundle_that_was_changed_is_refused_and_leaves_nothing_new(records, tmp_path, signer, edit):
    made, _ = written(records, tmp_path / "advisories")
    bundle = bundled(tmp_path, [made], signer)
    how, reason = EDITS[edit]
    changed(bundle, how)
    with pytest.raises(SourceError, match=reason):
        read_bundle(bundle, tmp_path / "other", trusting(signer))


def test_what_is_no_bundle_and_what_was_signed_for_another_purpose_is_refused(tmp_path, signer):
    (tmp_path / "x").write_bytes(os.urandom(2048))
    with pytest.raises(SourceError, match="is no bundle"):
        read_bundle(tmp_path / "x", tmp_path, trusting(signer))
    statement = signer.sign(b'{"kind": "evidence", "feeds": []}')
    assert isinstance(statement, Envelope)
    with tarfile.open(tmp_path / "y", "w") as tar:
        member = tarfile.TarInfo("feeds.json")
        member.size = len(statement.to_bytes())
        tar.addfile(member, io.BytesIO(statement.to_bytes()))
    with pytest.raises(SourceError, match="is signed as 'evidence'"):
        read_bundle(tmp_path / "y", tmp_path, trusting(signer))
