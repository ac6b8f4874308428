"""One run is checked by itself: what is wrong with it is named, and the custody log tells that it was checked."""

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Custody
from nephoscope.respond.evidence.case import verified
from nephoscope.store.evidence_tables import CUSTODY


def the_capture(vault, run):
    return next((vault.storage.root / "cases" / run / "captures").iterdir())


def test_a_run_that_is_as_sealed_is_proven_whatever_became_of_others(sealed):
    broken = the_capture(sealed, "run-2")
    broken.chmod(0o600)
    broken.write_bytes(b"y")

    report = verified(sealed, "run-1", "alice")

    assert (report.is_proven, report.files) == (True, 3)
    last = sealed.custody("run-1")[-1]
    assert (last.who, last.what, last.detail) == ("alice", Custody.VERIFIED, "as sealed")
    assert verified(sealed, "run-2", "alice").is_altered
    assert verified(sealed, "run-1", "bob").is_proven


@pytest.mark.parametrize("harm", ["changed", "gone", "added"])
def test_what_was_altered_is_named(sealed, harm):
    path = the_capture(sealed, "run-1")
    path.parent.chmod(0o700)
    path.chmod(0o600)
    if harm == "changed":
        path.write_bytes(b"other")
    elif harm == "gone":
        path.unlink()
    else:
        (path.parent / "more").write_text("more")

    report = verified(sealed, "run-1", "alice")

    assert report.is_altered
    assert len(report.flaws) == 1
    assert sealed.custody("run-1")[-1].detail == "1 flaws"


def test_a_custody_log_that_was_altered_is_named(sealed):
    with sealed.ledger.write() as connection:
        first = CUSTODY.update().where(CUSTODY.c.run == "run-1", CUSTODY.c.number == 1)
        connection.execute(first.values(who="somebody else"))

    assert {flaw.path for flaw in verified(sealed, "run-1", "alice").flaws} == {"custody"}


def test_what_is_not_sealed_is_refused(vault):
    vault.box("open")
    with pytest.raises(CustodyError, match="not sealed"):
        verified(vault, "open", "alice")
