from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nephoscope.model.waiver import Waiver

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ASKED = Waiver("w1", "severity == 'low'", "accepted", "owner", "requester", NOW, NOW + timedelta(days=30))
HELD = replace(ASKED, approved_by="approver", approved_at=NOW)


def test_a_waiver_holds_from_approval_until_it_expires_or_is_revoked():
    assert not ASKED.holds(NOW)
    assert HELD.holds(NOW)
    assert not HELD.holds(NOW + timedelta(days=30))
    assert not replace(HELD, revoked_by="owner", revoked_at=NOW).holds(NOW)
