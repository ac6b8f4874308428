"""Schedules are kept, previewed and steered from the command line."""

import json
from datetime import UTC, datetime

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli import main
from nephoscope.cli.output import Exit
from nephoscope.model.finding import ResourceRef
from nephoscope.model.schedule import JobStatus, Limits
from nephoscope.store.ledger import open_ledger
from nephoscope.store.schedule_jobs import Planned, add_jobs, claim_job, end_job
from nephoscope.store.schedules import add_schedule, open_runs

TREES = "name: trees\nkind: folders\npaths: [/srv/trees]\ncron: 30 2 * * *\nzone: Europe/Berlin\n"


@pytest.fixture
def file(tmp_path):
    """A file with a schedule."""
    path = tmp_path / "trees.yaml"
    path.write_text(TREES)
    return path


@pytest.fixture
def trees(run, file):  # noqa: F811
    """The schedule, kept."""
    code, out, _ = run("schedules", "create", str(file), "--by", "ann")
    assert (code, "trees is kept" in out) == (Exit.NOTHING, True)


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_schedule_is_listed_and_shown_as_it_was_written(run, trees):  # noqa: F811
    code, out, _ = run("schedules")
    [row] = rows(out)

    assert (code, row["name"], row["when"], row["zone"]) == (Exit.NOTHING, "trees", "30 2 * * *", "Europe/Berlin")
    assert datetime.fromisoformat(row["next_at"]) > datetime.now(UTC)
    assert run("schedules", "show", "trees")[1] == TREES


def test_a_name_is_given_once_unless_it_is_to_be_replaced(run, file, trees):  # noqa: F811
    code, _, err = run("schedules", "create", str(file))
    assert (code, "already" in err) == (Exit.UNSEEN, True)
    file.write_text(TREES + "priority: 9\n")
    assert "trees is replaced" in run("schedules", "create", str(file), "--replace")[1]
    assert "priority: 9" in run("schedules", "show", "trees")[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("cron: [", "trees.yaml:2: is not YAML"),
        (TREES.replace("2 *", "99 *"), "99"),
        (TREES.replace("folders", "tapes"), "there is no kind 'tapes'"),
        ("x" * 70_000, "larger than 64 kB"),
    ],
    ids=["yaml", "cron", "kind", "size"],
)
def test_what_is_no_schedule_is_told_with_its_place(run, file, content, said):  # noqa: F811
    file.write_text(content)
    code, _, err = run("schedules", "create", str(file))

    assert code in (Exit.UNSEEN, Exit.USAGE)
    assert said in err
    assert run("schedules")[1] == ""


def test_the_next_ten_runs_are_previewed_of_what_is_kept_and_of_a_file(run, file, trees):  # noqa: F811
    for name in ("trees", str(file)):
        code, out, _ = run("schedules", "preview", name)
        found = json.loads(out)
        assert (code, len(found["runs"]), found["count"]) == (Exit.NOTHING, 10, 1)
        assert found["targets"][0]["id"] == "/srv/trees"
    _, out, _ = run("schedules", "preview", "trees", "--format", "table", "--count", "2")
    assert out.count(" UTC") == 2
    assert "02:30 CE" in out


def test_it_is_run_now_rests_goes_on_and_is_forgotten(run, data, trees):  # noqa: F811
    assert "trees is to run" in run("schedules", "run", "trees", "--by", "bob")[1]
    code, out, _ = run("schedules", "runs", "trees")
    [row] = rows(out)
    assert (code, row["cause"], row["status"]) == (Exit.NOTHING, "asked for by bob", "running")
    assert run("schedules", "jobs", row["id"][:12])[1] == ""
    run("schedules", "pause", "trees", "--by", "ann")
    [row] = rows(run("schedules")[1])
    assert (row["paused_by"], row["next_at"]) == ("ann", None)
    run("schedules", "resume", "trees")
    assert rows(run("schedules")[1])[0]["next_at"]
    assert "trees is forgotten" in run("schedules", "delete", "trees")[1]
    assert run("schedules")[1] == ""
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.read() as connection:
        assert open_runs(connection) == []


def test_jobs_that_failed_are_told(run, data, trees):  # noqa: F811
    run("schedules", "run", "trees")
    now = datetime.now(UTC)
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        [asked] = open_runs(connection)
        add_jobs(connection, asked, [Planned(ResourceRef("path", "/srv/trees"), now)])
        job = claim_job(connection, "me", {"trees": Limits()}, now)
        end_job(connection, job.id, "me", JobStatus.FAILED, "no such folder", now)
    code, out, _ = run("schedules", "jobs", asked.id)
    [row] = rows(out)

    assert (code, row["target"], row["status"], row["note"]) == (
        Exit.UNSEEN,
        "/srv/trees",
        "failed",
        "no such folder",
    )


def test_one_that_cannot_be_read_any_more_is_told_and_not_hidden(run, data, trees):  # noqa: F811
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        add_schedule(connection, "old", "name: old\nkind: tapes\ncron: '@daily'\n", "ann", datetime.now(UTC))
    code, out, _ = run("schedules")
    found = {row["name"]: row["error"] for row in rows(out)}

    assert code == Exit.UNSEEN
    assert found["trees"] == ""
    assert "there is no kind 'tapes'" in found["old"]


@pytest.mark.parametrize("verb", ["show", "preview", "run", "pause", "resume", "delete", "runs"])
def test_an_unknown_name_is_told_with_those_there_are(run, trees, verb):  # noqa: F811
    code, _, err = run("schedules", verb, "nothing")

    assert (code, "trees" in err) == (Exit.USAGE, True)


def test_what_can_be_done_here_is_listed_without_a_ledger(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["nephoscope", "schedules", "kinds"])
    with pytest.raises(SystemExit):
        main()
    found = {row["kind"]: row["is_here"] for row in rows(capsys.readouterr().out)}

    assert found["folders"]
    assert found["inventory"]
    assert found["instances"]
