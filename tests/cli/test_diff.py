import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import typer

from nephoscope.cli.diff import diff
from nephoscope.cli.output import Exit
from nephoscope.model.errors import StoreError
from nephoscope.model.item import Item

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BUCKET = {"type": "AWS::S3::Bucket", "id": "logs", "account": "1", "region": "eu-west-1"}


@pytest.fixture
def files(tmp_path):
    """Yesterday's and today's items: a bucket that opened, one that went, one that came."""
    blocked = {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": True}}
    opened = {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": False}}
    before = [BUCKET | {"configuration": blocked}, BUCKET | {"id": "old", "configuration": {}}]
    after = [BUCKET | {"configuration": opened}, BUCKET | {"id": "new", "configuration": {}}]
    for name, items in (("a", before), ("b", after)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")


def test_two_files_are_compared_resource_by_resource(files, capsys):
    code = diff(*files, format="jsonl")

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["path"], row["kind"]) for row in rows] == [
        ("logs", "/PublicAccessBlockConfiguration/BlockPublicPolicy", "changed"),
        ("new", "", "added"),
        ("old", "", "removed"),
    ]
    assert code == Exit.FINDINGS


def test_nothing_differs_from_itself(files, capsys):
    assert diff(files[0], files[0], format="jsonl") == Exit.NOTHING
    assert capsys.readouterr().out == ""


def test_a_line_that_is_no_item_is_said_and_is_not_taken_for_the_same(files, capsys, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{\n")

    assert diff(str(broken), str(broken), format="jsonl") == Exit.UNSEEN
    assert f"not seen: {broken}:1" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(typer.BadParameter, match=r"none\.jsonl cannot be read"):
        diff(str(tmp_path / "none.jsonl"), str(tmp_path / "none.jsonl"))


@pytest.fixture
def lake(tmp_path):
    """A data folder whose lake holds a bucket's two revisions, the second by Ann."""
    pytest.importorskip("chdb")
    from nephoscope.store.items import Revision, digest_of, insert_revisions
    from nephoscope.store.lake import open_lake

    first = Item("AWS::S3::Bucket", "logs", "1", "eu-west-1", {"Tags": []}, captured_at=NOON)
    second = replace(first, configuration={"Tags": [{"Key": "a", "Value": "b"}]}, captured_at=NOON + timedelta(hours=1))
    made = [{"path": "/Tags/a", "event_uid": "e-1", "actor": "arn:ann"}]
    by = {"event_uid": "e-1", "operation": "PutBucketTagging", "actor": {"uid": "arn:ann"}, "changes": made}
    with open_lake(f"chdb://{tmp_path / 'lake'}") as opened:
        insert_revisions(opened, [Revision(first, digest_of(first), NOON)], "1")
        insert_revisions(opened, [Revision(second, digest_of(second), second.captured_at, attribution=by)], "2")
    return tmp_path


@pytest.mark.slow
def test_the_history_of_a_resource_names_who_changed_what(lake, capsys):
    diff("AWS::S3::Bucket", "logs", data=lake, format="jsonl")

    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["path"], first["kind"], first["actor"]) == ("", "added", "")
    assert (second["kind"], second["actor"], second["operation"]) == ("added", "arn:ann", "PutBucketTagging")


@pytest.mark.slow
def test_only_the_changes_between_two_moments_are_told(lake, capsys):
    assert diff("AWS::S3::Bucket", "logs", until="2026-01-01T12:30", data=lake, format="jsonl") == Exit.FINDINGS
    assert len(capsys.readouterr().out.splitlines()) == 1
    with pytest.raises(StoreError, match="never read|ever read"):
        diff("AWS::S3::Bucket", "none", data=lake, format="jsonl")


def test_a_span_that_ends_before_it_begins_is_refused(tmp_path):
    with pytest.raises(typer.BadParameter, match="after --to"):
        diff("AWS::S3::Bucket", "logs", since="1h", until="2h", data=tmp_path)
