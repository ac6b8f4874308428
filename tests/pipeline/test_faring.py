"""A ledger that cannot be written hides nothing: who watches is told, and coverage tells of it afterwards."""

from contextlib import contextmanager
from dataclasses import replace

from nephoscope.jobs import gap_of
from nephoscope.model.errors import StoreError
from nephoscope.pipeline.faring import Faring
from nephoscope.store.gaps import list_gaps


class Full:
    """A ledger on a full disk, until there is room."""

    def __init__(self, ledger):
        self.ledger, self.has_room = ledger, False

    @contextmanager
    def write(self):
        if not self.has_room:
            raise StoreError("database or disk is full")
        with self.ledger.write() as connection:
            yield connection


def test_what_a_full_disk_kept_from_the_ledger_is_told_at_once_and_kept_when_there_is_room(stores):
    full = Full(stores.ledger)
    faring = Faring(replace(stores, ledger=full))
    for _ in range(2):
        faring.failed(gap_of("collect trail", StoreError("database or disk is full")))
    assert {gap.subject for gap in stores.listener.gaps} == {"collect trail", "ledger"}

    full.has_room = True
    faring.recovered(gap_of("inventory", None))
    assert {gap.subject for gap in stores.listener.gaps} == {"collect trail"}
    faring.recovered(gap_of("collect trail", None))
    assert stores.listener.gaps == []
    assert faring.untold == {}

    with stores.ledger.read() as connection:
        assert list_gaps(connection) == []
        assert {known.gap.subject for known in list_gaps(connection, with_closed=True)} == {"collect trail", "ledger"}


def test_a_job_that_fails_is_a_gap_until_it_succeeds(stores):
    faring = Faring(stores)
    faring.failed(gap_of("collect trail", ValueError("bad")))
    with stores.ledger.read() as connection:
        [known] = list_gaps(connection)
    assert known.gap.cause == "ValueError: bad"

    faring.recovered(gap_of("collect trail", None))
    with stores.ledger.read() as connection:
        assert list_gaps(connection) == []
