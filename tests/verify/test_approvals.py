import json

import pytest

from nephoscope.cli.output import Exit
from nephoscope.cli.verify import approve, baseline, check
from nephoscope.model.errors import SourceError
from nephoscope.verify.approvals import read_approvals, read_rows


@pytest.fixture
def hosts(tmp_path):
    """Two hosts with the same files, and their baselines."""
    for name in ("one", "two"):
        (tmp_path / name / "opt").mkdir(parents=True)
        (tmp_path / name / "opt" / "app").write_text("1")
        (tmp_path / name / "opt" / "gone").write_text("1")
        baseline(tmp_path / name, tmp_path / f"{name}.baseline", format="text")
    return tmp_path


def deployed(hosts, text="2"):
    for name in ("one", "two"):
        (hosts / name / "opt" / "app").write_text(text)
        (hosts / name / "opt" / "gone").unlink(missing_ok=True)


def checked(hosts, name, capsys, **options):
    capsys.readouterr()
    code = check(hosts / name, hosts / f"{name}.baseline", full=True, format="jsonl", **options)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def approved(hosts, rows, **options):
    (hosts / "changes").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = {"why": "deploy 4711", "by": "ada"} | options
    return approve(hosts / "changes", hosts / "approvals", **given)


def test_what_was_approved_on_one_host_is_explained_on_every_other(hosts, capsys):
    deployed(hosts)
    code, rows = checked(hosts, "one", capsys)
    assert code == Exit.FINDINGS
    approved(hosts, rows)
    code, rows = checked(hosts, "two", capsys, approvals=hosts / "approvals")
    assert code == Exit.NOTHING
    by_path = {row["path"]: row for row in rows}
    assert {by_path[path]["class"] for path in ("opt/app", "opt/gone")} == {"approved"}
    assert by_path["opt/app"]["explanation"].startswith("approved by ada on 2")
    assert by_path["opt/app"]["explanation"].endswith(": deploy 4711")
    assert by_path["opt/app"]["trust"] == "approval"


def test_another_content_mode_or_place_is_not_approved_with_it(hosts, capsys):
    deployed(hosts)
    approved(hosts, checked(hosts, "one", capsys)[1])
    (hosts / "two" / "opt" / "app").chmod(0o4755)
    (hosts / "two" / "opt" / "copy").write_text("2")
    _, rows = checked(hosts, "two", capsys, approvals=hosts / "approvals")
    assert {row["path"] for row in rows if not row["explained"]} == {"opt/app", "opt/copy"}
    deployed(hosts, "3")
    _, rows = checked(hosts, "one", capsys, approvals=hosts / "approvals")
    assert [row["path"] for row in rows if not row["explained"]] == ["opt/app"]


def test_only_chosen_paths_are_approved_and_who_approved_first_stays(hosts, capsys):
    deployed(hosts)
    _, rows = checked(hosts, "one", capsys)
    approved(hosts, rows, path="opt/app")
    approved(hosts, rows, by="bob", why="again")
    assert {each.path: each.by for each in read_approvals(hosts / "approvals").values()} == {
        "opt/app": "ada",
        "opt/gone": "bob",
    }


def test_what_is_no_change_is_refused_by_line_and_nothing_is_lost(hosts, capsys):
    deployed(hosts)
    approved(hosts, checked(hosts, "one", capsys)[1])
    before = (hosts / "approvals").read_bytes()
    (hosts / "changes").write_text('{"path": "a", "change": "b"}\nnonsense\n')
    with pytest.raises(SourceError, match="line 2"):
        approve(hosts / "changes", hosts / "approvals", why="x", by="eve")
    assert (hosts / "approvals").read_bytes() == before
    with pytest.raises(SourceError, match="cannot be read"):
        read_rows(hosts / "none")
