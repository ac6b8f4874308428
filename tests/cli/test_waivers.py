import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from tests.cli.test_findings import data, run  # noqa: F401  fixtures
from tests.store.samples import detection

from nephoscope.cli.output import Exit
from nephoscope.store.findings import get_finding
from nephoscope.store.ledger import open_ledger
from nephoscope.store.tables import WAIVERS

PROPOSAL = ("--scope", "resource_id == 'main'", "--reason", "a planned move", "--owner", "platform", "--expires", "30d")


@pytest.fixture
def proposed(run):  # noqa: F811
    """The uid of a waiver that Ann proposed."""
    code, out, _ = run("waivers", "propose", *PROPOSAL, "--by", "Ann")
    assert code == Exit.NOTHING
    return json.loads(out)["uid"]


def _status(folder):
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, ledger.read() as connection:
        return get_finding(connection, detection().uid).status


def test_a_waiver_goes_from_proposal_to_approval_to_revocation(run, proposed, data):  # noqa: F811
    assert _status(data) == "open"
    code, out, _ = run("waivers", "approve", proposed, "--by", "Bob")
    assert (code, json.loads(out)["state"]) == (Exit.NOTHING, "holding")
    assert _status(data) == "waived"
    code, out, _ = run("waivers", "revoke", proposed)
    assert (code, json.loads(out)["state"]) == (Exit.NOTHING, "revoked")
    assert _status(data) == "open"
    code, out, _ = run("waivers")
    assert [json.loads(line)["uid"] for line in out.splitlines()] == [proposed]


def test_nobody_approves_their_own_waiver(run, proposed):  # noqa: F811
    code, _, err = run("waivers", "approve", proposed, "--by", "ANN")
    assert code == Exit.USAGE
    assert "somebody else has to approve it" in err


def test_a_scope_with_a_wrong_name_is_refused_with_the_nearest(run):  # noqa: F811
    code, _, err = run("waivers", "propose", *PROPOSAL, "--scope", "resourceid == 'x'")
    assert code == Exit.USAGE
    assert "the nearest is resource_id" in err


def test_a_table_shows_whether_waivers_hold(run, proposed):  # noqa: F811
    _, out, _ = run("waivers", "list", "--format", "table")
    assert proposed in out
    assert "proposed" in out


def test_a_waiver_that_ended_while_nothing_ran_hides_no_finding(run, proposed, data):  # noqa: F811
    run("waivers", "approve", proposed, "--by", "Bob")
    uid = detection().uid
    assert uid not in run("findings")[1]
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        connection.execute(update(WAIVERS).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    code, out, _ = run("findings")
    assert (code, uid in out) == (Exit.FINDINGS, True)
