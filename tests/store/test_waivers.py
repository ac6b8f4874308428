from dataclasses import replace
from datetime import timedelta

import pytest
from tests.store.samples import NOON, detection, failed_check

from nephoscope.model.errors import ContentError
from nephoscope.model.finding import Status
from nephoscope.model.waiver import Waiver
from nephoscope.store.findings import finding_history, get_finding, resolve_findings, upsert_findings
from nephoscope.store.gaps import list_gaps
from nephoscope.store.tables import WAIVERS
from nephoscope.store.waivers import (
    SCOPE,
    WaiverRefused,
    apply_waivers,
    approve_waiver,
    list_waivers,
    propose_waiver,
    revoke_waiver,
    scope_values,
    waiver_state,
)

DAY = timedelta(days=1)
PROPOSAL = Waiver("w1", "resource_id == 'logs'", "public on purpose", "web team", "Ann", NOON, NOON + 30 * DAY)


@pytest.fixture
def approved(ledger):
    """A ledger with two findings and an approved waiver of one of them, applied."""
    with ledger.write() as connection:
        upsert_findings(connection, [failed_check("logs"), failed_check("other")], NOON)
        propose_waiver(connection, PROPOSAL, NOON)
        approve_waiver(connection, "w1", "Bob", NOON)
        apply_waivers(connection, None, NOON)
    return ledger


def _status(connection, bucket):
    return get_finding(connection, failed_check(bucket).uid).status


def test_only_what_is_in_scope_is_waived(approved):
    with approved.read() as connection:
        assert (_status(connection, "logs"), _status(connection, "other")) == (Status.WAIVED, Status.OPEN)
        assert get_finding(connection, failed_check("logs").uid).waiver == "w1"


def test_a_proposal_alone_waives_nothing(ledger):
    with ledger.write() as connection:
        upsert_findings(connection, [failed_check("logs")], NOON)
        waiver = propose_waiver(connection, PROPOSAL, NOON)
        assert waiver_state(waiver, NOON) == "proposed"
        assert apply_waivers(connection, None, NOON) == []
        assert _status(connection, "logs") is Status.OPEN


@pytest.mark.parametrize("name", ["Ann", "ann", " ANN ", ""])
def test_who_asked_for_a_waiver_cannot_approve_it(ledger, name):
    with ledger.write() as connection:
        propose_waiver(connection, PROPOSAL, NOON)
        with pytest.raises(WaiverRefused):
            approve_waiver(connection, "w1", name, NOON)


def test_a_finding_opens_again_by_itself_when_its_waiver_expires(approved):
    with approved.write() as connection:
        assert apply_waivers(connection, None, NOON + 29 * DAY) == []
        [change] = apply_waivers(connection, None, NOON + 30 * DAY)
        assert (change.previous, change.status, change.why) == ("waived", "open", "waiver w1 holds no more")
        history = finding_history(connection, failed_check("logs").uid)
        assert [each.status for each in history] == ["open", "waived", "open"]
        assert waiver_state(list_waivers(connection)[0], NOON + 30 * DAY) == "expired"


def test_a_finding_opens_again_when_its_waiver_is_revoked(approved):
    with approved.write() as connection:
        revoke_waiver(connection, "w1", "Ann", NOON + DAY)
        assert len(apply_waivers(connection, None, NOON + DAY)) == 1
        assert _status(connection, "logs") is Status.OPEN
        with pytest.raises(WaiverRefused, match="revoked"):
            approve_waiver(connection, "w1", "Bob", NOON + DAY)
        with pytest.raises(WaiverRefused, match="already"):
            revoke_waiver(connection, "w1", "Bob", NOON + DAY)


def test_a_waived_finding_seen_again_stays_waived_and_can_be_resolved(approved):
    later = failed_check("logs", at=NOON + DAY)
    with approved.write() as connection:
        assert upsert_findings(connection, [later], NOON + DAY) == []
        assert _status(connection, "logs") is Status.WAIVED
        resolve_findings(connection, [later.uid], "verdict is now Pass", NOON + DAY)
        assert apply_waivers(connection, [later.uid], NOON + DAY) == []
        assert _status(connection, "logs") is Status.RESOLVED


def test_new_findings_alone_are_looked_at_when_they_are_named(approved):
    with approved.write() as connection:
        revoke_waiver(connection, "w1", "Ann", NOON + DAY)
        assert apply_waivers(connection, [failed_check("other").uid], NOON + DAY) == []
        assert _status(connection, "logs") is Status.WAIVED


def test_a_scope_that_errs_does_not_apply_and_is_a_gap_until_it_is_well(ledger):
    with ledger.write() as connection:
        upsert_findings(connection, [failed_check("logs")], NOON)
        propose_waiver(connection, replace(PROPOSAL, scope="int(resource_id) == 1"), NOON)
        approve_waiver(connection, "w1", "Bob", NOON)
        assert apply_waivers(connection, None, NOON) == []
        assert _status(connection, "logs") is Status.OPEN
        [gap] = list_gaps(connection)
        assert (gap.gap.area, gap.gap.subject) == ("waiver", "w1")
        resolve_findings(connection, [failed_check("logs").uid], "gone", NOON)
        apply_waivers(connection, None, NOON)
        assert list_gaps(connection) == []


def test_a_stored_scope_that_no_longer_loads_is_a_gap(approved):
    with approved.write() as connection:
        connection.execute(WAIVERS.update().values(scope="resource_idd == 'logs'"))
        [change] = apply_waivers(connection, None, NOON)
        assert change.status == "open"
        assert "the nearest is resource_id" in list_gaps(connection)[0].gap.cause


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"reason": " "}, "needs its reason"),
        ({"owner": ""}, "needs its owner"),
        ({"requested_by": ""}, "needs its requested by"),
        ({"expires_at": NOON}, "expired"),
    ],
)
def test_a_proposal_that_says_too_little_is_refused(ledger, changed, reason):
    with ledger.write() as connection, pytest.raises(WaiverRefused, match=reason):
        propose_waiver(connection, replace(PROPOSAL, **changed), NOON)


def test_a_proposal_whose_scope_does_not_load_is_refused(ledger):
    with ledger.write() as connection, pytest.raises(ContentError, match="the nearest is account"):
        propose_waiver(connection, replace(PROPOSAL, scope="acount == ''"), NOON)


def test_a_proposal_cannot_bring_its_own_approval(ledger):
    with ledger.write() as connection:
        kept = propose_waiver(connection, replace(PROPOSAL, uid="", approved_by="Bob", approved_at=NOON), NOON)
        assert not kept.holds(NOON)
        assert kept.uid


def test_every_name_of_the_scope_has_a_value():
    assert set(scope_values(detection())) == set(scope_values(failed_check())) == set(SCOPE)
