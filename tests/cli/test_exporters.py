import json

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures
from tests.export.conftest import receiver  # noqa: F401  fixture
from tests.store.samples import NOON, detection

from nephoscope.cli.output import Exit
from nephoscope.keep import Gap
from nephoscope.pipeline.notices import parked_gap
from nephoscope.store.deliveries import Delivery, acknowledged_at, put_deliveries
from nephoscope.store.gaps import list_gaps, record_gaps
from nephoscope.store.ledger import open_ledger

TOML = """
[exporters.chat]
type = "webhook"
url = "{url}/hook"
secret_env = "CHAT_SECRET"
allow_private = true
[exporters.idle]
type = "aws_sns"
topic = "arn:aws:sns:eu-west-1:111122223333:t"
account = "prod"
[routes.all]
to = ["chat"]
"""


@pytest.fixture
def configured(run, data, receiver, monkeypatch):  # noqa: F811
    """Runs `nephoscope exporters …` with two exporters and a route."""
    file = data / "nephoscope.toml"
    file.write_text(TOML.format(url=receiver.url))
    monkeypatch.setenv("CHAT_SECRET", "shared")
    return lambda *arguments: run("exporters", *arguments, "--config", str(file))


@pytest.fixture
def parked(data):  # noqa: F811
    """A delivery that its receiver refused."""
    made = Delivery("4f0c", "chat", "all", "opened", "f1", "Title", 1, 1, "parked", {}, NOON, NOON, 5, error="no")
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        put_deliveries(connection, [made])
        record_gaps(connection, [parked_gap(made, "no")])
    return made


def gaps(folder) -> list[Gap]:
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, ledger.read() as connection:
        return [each.gap for each in list_gaps(connection)]


def test_exporters_are_listed_with_their_routes_and_permissions(configured):
    code, out, err = configured("list", "--format", "jsonl")
    chat, idle = map(json.loads, out.splitlines())

    assert code == Exit.NOTHING
    assert (chat["name"], chat["type"], chat["routes"], chat["parked"]) == ("chat", "webhook", ["all"], 0)
    assert idle["permissions"] == ["sns:Publish"]
    assert "No route leads to idle" in err


def test_what_is_parked_is_never_the_same_as_all_is_well(configured, parked):
    assert configured("list")[0] == Exit.UNSEEN


def test_a_test_notice_is_sent_and_marked(configured, receiver):  # noqa: F811
    code, out, _ = configured("test", "chat")

    assert (code, out) == (Exit.NOTHING, "chat took the test notice\n")
    [document] = receiver.documents
    assert document["what"] == "test"
    assert "nothing happened" in document["finding"]["title"]


def test_a_test_that_fails_says_what_the_receiver_answered(configured, receiver):  # noqa: F811
    receiver.answers = [(403, "who are you")]
    code, _, err = configured("test", "chat")

    assert code == Exit.UNSEEN
    assert "answered 403: who are you" in err
    assert configured("test", "chta")[0] == Exit.USAGE


def test_deliveries_are_listed_by_state(configured, parked):
    _, out, _ = configured("deliveries", "--state", "parked", "--exporter", "chat")
    [row] = map(json.loads, out.splitlines())

    assert (row["id"], row["state"], row["error"], row["tries"]) == ("4f0c", "parked", "no", 5)
    assert "body" not in row
    assert configured("deliveries", "--state", "lost")[0] == Exit.USAGE


@pytest.mark.parametrize("named", ["4f0c", "4f", "all"])
@pytest.mark.parametrize(("how", "state"), [("retry", "waiting"), ("drop", "dropped")])
def test_what_is_parked_is_retried_or_dropped_and_its_gap_closed(configured, parked, data, named, how, state):  # noqa: F811
    assert [gap.area for gap in gaps(data)] == ["delivery"]
    code, out, _ = configured(how, named)

    assert code == Exit.NOTHING
    assert [json.loads(line)["state"] for line in out.splitlines()] == [state]
    assert gaps(data) == []


def test_what_is_not_there_or_not_parked_is_said(configured, parked):
    configured("retry", "4f0c")
    code, _, err = configured("retry", "4f0c")
    assert (code, "nothing of it is parked" in err) == (Exit.NOTHING, True)
    assert configured("retry", "nothing")[0] == Exit.USAGE


def test_a_finding_is_taken_in_hand(configured, data):  # noqa: F811
    uid = detection().uid
    assert configured("acknowledge", uid[:8], "--by", "alice")[0] == Exit.NOTHING
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.read() as connection:
        assert acknowledged_at(connection, uid) is not None
    assert configured("acknowledge", "zzz")[0] == Exit.USAGE
