from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.model.coverage import Hour, HourState
from nephoscope.store.hours import (
    chain_heads,
    count_hours,
    hour_history,
    list_hours,
    put_chain_head,
    put_hours,
    unsettled_hours,
)

HOUR = timedelta(hours=1)


def _hour(number, state=HourState.PENDING, *reasons, account="111111111111"):
    return Hour("prod_trail", account, "eu-west-1", NOON + number * HOUR, state, reasons)


def test_an_hour_keeps_its_state_its_reasons_and_its_history(ledger):
    tampered = _hour(0, HourState.TAMPERED, "s3://b/1.json.gz: changed", "s3://b/2.json.gz: not in the digest")
    with ledger.write() as connection:
        assert put_hours(connection, [_hour(0)], NOON + HOUR) == [_hour(0)]
        assert put_hours(connection, [_hour(0)], NOON + 2 * HOUR) == []
        assert put_hours(connection, [tampered], NOON + 3 * HOUR) == [tampered]
        assert list_hours(connection, NOON, NOON + HOUR) == [tampered]
        assert hour_history(connection, tampered) == [(NOON + HOUR, _hour(0)), (NOON + 3 * HOUR, tampered)]


def test_hours_are_listed_by_source_and_account(ledger):
    hours = [_hour(0), _hour(1, HourState.VERIFIED), _hour(0, HourState.LATE, account="222222222222")]
    with ledger.write() as connection:
        put_hours(connection, hours)
        assert list_hours(connection, NOON, NOON + 9 * HOUR) == hours
        assert list_hours(connection, NOON, NOON + HOUR, account="222222222222") == hours[2:]
        assert list_hours(connection, NOON, NOON + HOUR, source="other") == []
        assert set(unsettled_hours(connection, "prod_trail")) == {hours[0], hours[2]}
        assert count_hours(connection) == {"late": 1, "pending": 1, "verified": 1}


def test_the_head_of_each_digest_chain_is_kept(ledger):
    with ledger.write() as connection:
        for number in range(3):
            put_chain_head(connection, "prod_trail", "1", "eu-west-1", "main", {"uri": f"s3://d/{number}"})
        assert chain_heads(connection, "prod_trail") == {("1", "eu-west-1", "main"): {"uri": "s3://d/2"}}
        assert chain_heads(connection, "other") == {}
