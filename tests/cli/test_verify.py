import json
import os
import subprocess
import sys

import pytest
import typer

from nephoscope.cli.output import Exit
from nephoscope.cli.verify import baseline, check
from nephoscope.model.errors import CustodyError


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_text("x")
    baseline(tmp_path / "tree", tmp_path / "b", format="text")
    return tmp_path / "tree"


def rows(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_nothing_changed_and_a_change_have_their_exit_codes(tree, tmp_path, capsys):
    assert check(tree, tmp_path / "b", format="jsonl") == Exit.NOTHING
    (tree / "file").write_text("y")

    assert check(tree, tmp_path / "b", format="jsonl") == Exit.FINDINGS
    [row] = rows(capsys)
    assert (row["path"], row["class"], row["explained"], row["trust"]) == ("file", "changed", False, "adopted")


def test_a_touched_file_is_told_and_is_nothing_to_act_on(tree, tmp_path, capsys):
    os.utime(tree / "file", (1, 1))

    assert check(tree, tmp_path / "b", format="jsonl") == Exit.NOTHING
    assert [row["class"] for row in rows(capsys)] == ["touched"]


def test_a_hostile_name_is_one_line_and_its_bytes_are_whole(tree, tmp_path, capsys):
    name = b"a\n\x1b[31m\xff"
    (tree / os.fsdecode(name)).write_text("x")

    check(tree, tmp_path / "b", format="jsonl")
    [row] = rows(capsys)
    assert bytes.fromhex(row["path_hex"]) == name
    check(tree, tmp_path / "b", format="text")
    assert "\x1b" not in capsys.readouterr().out


def test_wrong_calls_are_said(tree, tmp_path):
    with pytest.raises(typer.BadParameter, match="is no folder"):
        check(tmp_path / "none", tmp_path / "b")
    with pytest.raises(typer.BadParameter, match="is no share"):
        check(tree, tmp_path / "b", rehash=2)
    with pytest.raises(typer.BadParameter, match="neither jsonl nor text"):
        check(tree, tmp_path / "b", format="xml")
    with pytest.raises(CustodyError, match="byte 0: is no file manifest"):
        check(tree, tree / "file")
    with pytest.raises(CustodyError, match="no baseline was written"):
        baseline(tree, tmp_path / "none" / "b")


@pytest.mark.skipif(os.getuid() != 0, reason="needs another user to be denied")
def test_another_user_sees_what_it_may_and_is_told_what_it_could_not(tmp_path):
    code = (
        "import os, sys, tempfile; from pathlib import Path\n"
        "from nephoscope.cli.verify import baseline\n"
        "import nephoscope.verify.baseline\n"
        "top = Path(tempfile.mkdtemp()); top.chmod(0o777); tree = top / 'tree'; tree.mkdir()\n"
        "(tree / 'open').write_text('x'); (tree / 'secret').write_text('x'); (tree / 'secret').chmod(0)\n"
        "(tree / 'shut').mkdir(mode=0)\n"
        "os.setuid(65534); sys.exit(baseline(tree, top / 'b', format='jsonl'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | {"TMPDIR": "/tmp"}
    )

    assert ended.returncode == Exit.UNSEEN, ended.stderr
    assert "not seen: secret: Permission denied" in ended.stderr
    assert "not seen: shut: Permission denied" in ended.stderr
    assert json.loads(ended.stdout)["unread"] == 2
