import json
import stat

import pytest

from nephoscope.agent import journal
from nephoscope.agent.host import Unreadable

SCRIPT = """#!/usr/bin/env python3
import json, sys
entries = json.load(open({file!r}))
wanted = [one.partition("=")[2] for one in sys.argv if one.startswith("--cursor=")]
if "--lines=1" in sys.argv:
    entries = entries[-1:]
elif wanted:
    names = [each["__CURSOR"] for each in entries]
    entries = entries[names.index(wanted[0]):] if wanted[0] in names else entries
for each in entries:
    print(json.dumps(each))
"""


@pytest.fixture
def journald(tmp_path):
    """A journalctl whose entries can be set."""
    file = tmp_path / "entries.json"
    program = tmp_path / "journalctl"
    program.write_text(SCRIPT.format(file=str(file)))
    program.chmod(program.stat().st_mode | stat.S_IEXEC)

    def look(entries, state, budget=1 << 20):
        file.write_text(json.dumps([{"__CURSOR": f"c{each}", "MESSAGE": f"m{each}"} for each in entries]))
        found = journal.poll(state, 100, budget, program=str(program))
        records = [json.loads(text) for _, text in found.records]
        lines = [json.loads(line)["MESSAGE"] for each in records if each["kind"] == "log" for line in each["lines"]]
        return found, lines, [each["cause"] for each in records if each["kind"] == "gap"]

    return look


def test_a_first_look_begins_at_the_end_and_the_next_reads_on(journald):
    found, lines, _ = journald([1, 2], None)
    assert lines == []
    found, lines, gaps = journald([1, 2, 3, 4], found.state)

    assert (lines, gaps) == (["m3", "m4"], [])
    assert journald([1, 2, 3, 4], found.state)[1] == []


def test_an_empty_journal_is_read_from_its_beginning_later(journald):
    found, _, _ = journald([], None)
    assert journald([1, 2], found.state)[1] == ["m1", "m2"]


def test_a_cursor_that_is_gone_is_a_gap_and_what_is_there_is_read(journald):
    found, _, _ = journald([1, 2], None)
    _, lines, gaps = journald([7, 8], found.state)

    assert lines == ["m7", "m8"]
    assert gaps == ["the journal's entry that was read last is gone: entries behind it may have been rotated away"]


def test_a_budget_ends_a_look_and_the_next_goes_on(journald):
    state, seen = journald([0], None)[0].state, []
    for _ in range(40):
        found, lines, gaps = journald(range(100), state, budget=300)
        assert gaps == []
        state = found.state
        seen += lines

    assert seen == [f"m{number}" for number in range(1, 100)]


def test_what_journalctl_refuses_is_named(tmp_path):
    program = tmp_path / "journalctl"
    program.write_text("#!/bin/sh\necho 'No journal files were opened' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(Unreadable, match="No journal files"):
        journal.poll(None, 1, 1000, program=str(program))
    with pytest.raises(Unreadable) as absent:
        journal.poll(None, 1, 1000, program=str(tmp_path / "none"))
    assert absent.value.absent


def test_a_long_entrys_message_is_cut(journald, tmp_path):
    found, _, _ = journald([1], None)
    (tmp_path / "entries.json").write_text(
        json.dumps([{"__CURSOR": "c1"}, {"__CURSOR": "c2", "MESSAGE": "x" * 100_000, "_PID": "7"}])
    )
    look = journal.poll(found.state, 100, 1 << 20, program=str(tmp_path / "journalctl"))
    [line] = json.loads(look.records[0][1])["lines"]

    assert json.loads(line)["MESSAGE"].endswith("x… [cut]")
    assert json.loads(line)["_PID"] == "7"
    assert len(line) < 20_000
