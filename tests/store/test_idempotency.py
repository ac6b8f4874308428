from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store.idempotency import Answered, keep_answer, known_answer


def test_an_answer_is_kept_for_a_day(ledger):
    with ledger.write() as connection:
        assert known_answer(connection, "k") is None
        keep_answer(connection, "k", "d", "{}", NOON)
        assert known_answer(connection, "k") == Answered("d", "{}")
        keep_answer(connection, "other", "d", "{}", NOON + timedelta(days=1, seconds=1))
        assert known_answer(connection, "k") is None
