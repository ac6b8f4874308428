from dataclasses import replace
from datetime import timedelta

import pytest

pytest.importorskip("cryptography")

from tests.collect.trail import ACCOUNT, BUCKET, HOUR, REGION, START, Chain

from nephoscope.collect.completeness import Evidence, Ingested, TrailStatus, hours
from nephoscope.model.coverage import HourState

V, P, L, M, T, U, N, X = (
    HourState.VERIFIED,
    HourState.PENDING,
    HourState.LATE,
    HourState.MISSING,
    HourState.TAMPERED,
    HourState.UNREADABLE,
    HourState.NOT_LOGGING,
    HourState.UNVERIFIABLE,
)


def judge(chain, *, at=None, **changed):
    """States and reasons of each hour since START."""
    evidence = Evidence("trail", ACCOUNT, REGION, chain.judged(), chain.ingested())
    found = hours(replace(evidence, **changed), START, at or START + 3 * HOUR + timedelta(minutes=10))
    return [hour.state for hour in found], [" ".join(hour.reasons) for hour in found]


@pytest.fixture
def chain():
    """A trail of three hours with two log files each."""
    return Chain().run(3)


def log_of(chain, hour, number=0):
    at = f"{(START + hour * HOUR):%Y%m%dT%H}"
    return [key for key in chain.objects if f"_CloudTrail_{REGION}_{at}" in key][number]


def test_a_whole_chain_verifies_every_hour_that_has_passed(chain):
    assert judge(chain)[0] == [V, V, V, P]


@pytest.mark.parametrize("minutes", [5, 15, 20, 30])
def test_digests_need_not_cover_an_hour(minutes):
    chain = Chain(period=timedelta(minutes=minutes)).run(3)
    assert judge(chain)[0] == [V, V, V, P]


def test_a_changed_log_file_is_named(chain):
    key = log_of(chain, 1)
    chain.objects[key] = (b'{"Records":[]}', *chain.objects[key][1:])
    states, reasons = judge(chain)
    assert states == [V, T, V, P]
    assert key in reasons[1]
    assert "changed" in reasons[1]


def test_log_files_that_changed_places_are_named_with_where_they_belong(chain):
    one, two = log_of(chain, 1, 0), log_of(chain, 1, 1)
    chain.objects[one], chain.objects[two] = chain.objects[two], chain.objects[one]
    states, reasons = judge(chain)
    assert states == [V, T, V, P]
    assert f"{one} was reordered: it holds what was delivered as s3://{BUCKET}/{two}" in reasons[1]


def test_a_deleted_log_file_is_named(chain):
    key = log_of(chain, 2)
    del chain.objects[key]
    uri = f"s3://{BUCKET}/{key}"
    states, reasons = judge(chain, failed={uri: (M, f"log file {uri} was deleted")})
    assert states == [V, V, M, P]
    assert uri in reasons[2]
    assert judge(chain)[0] == [V, V, P, P]


def test_an_injected_log_file_is_named_once_a_digest_should_have_listed_it(chain):
    chain.logs = []
    key = chain.log(START + HOUR + timedelta(minutes=30))
    states, reasons = judge(chain)
    assert states == [V, T, V, P]
    assert f"{key} was injected" in reasons[1]


def test_a_file_delivered_since_the_last_digest_is_not_taken_for_injected(chain):
    chain.log(START + 3 * HOUR + timedelta(minutes=5))
    assert judge(chain)[0] == [V, V, V, P]


def test_a_file_that_the_next_digest_lists_is_not_taken_for_injected():
    chain = Chain()
    chain.run(1)
    chain.log(START + HOUR - timedelta(seconds=1))
    chain.digest(START + HOUR)
    chain.digest(START + 2 * HOUR)
    assert judge(chain)[0] == [V, V, V, P]


def test_a_deleted_digest_costs_its_hour_and_is_named(chain):
    del chain.objects[chain.digests[1]]
    states, reasons = judge(chain)
    assert states == [V, M, V, P]
    assert chain.digests[1] in reasons[1]


def test_a_forged_digest_costs_its_hour_and_is_named(chain):
    key = chain.digests[1]
    body, metadata, at = chain.objects[key]
    chain.objects[key] = (body.replace(b'"logFiles": [{', b'"logFiles":  [{'), metadata, at)
    states, reasons = judge(chain)
    assert states[:3] == [V, T, V]
    assert key in reasons[1]


def test_a_digest_signed_anew_does_not_fit_the_one_after_it(chain):
    key = chain.digests[1]
    chain.objects[key] = (chain.objects[key][0], *chain.objects[key][1:])
    import json

    body = json.loads(chain.objects[key][0])
    chain.put_digest(key, body | {"logFiles": []}, START + 2 * HOUR)
    states, reasons = judge(chain)
    assert states == [V, T, V, P]
    assert "not the one that" in reasons[1]


def test_digests_that_do_not_come_are_pending_then_late_then_missing(chain):
    def last(hours_later):
        return judge(chain, at=START + 3 * HOUR + hours_later * HOUR)[0][3]

    assert [last(0.2), last(1.2), last(2), last(9)] == [P, P, L, M]


def test_hours_of_a_trail_without_digests_cannot_be_verified(chain):
    states, _ = judge(chain, digests=[], status=TrailStatus(has_digests=False))
    assert set(states) == {X}


def test_hours_in_which_the_trail_did_not_log_say_so(chain):
    stopped = TrailStatus(is_logging=False, stopped_at=START + 3 * HOUR)
    assert judge(chain, at=START + 5 * HOUR, status=stopped)[0] == [V, V, V, N, N, N]


def test_hours_between_the_end_of_a_chain_and_the_start_of_another_were_not_logged(chain):
    chain.digest(START + 5 * HOUR, starts=True)
    assert judge(chain, at=START + 6 * HOUR)[0] == [V, V, V, N, N, V, P]


def test_a_denied_digest_is_unreadable_not_missing(chain):
    from nephoscope.collect.digests import flawed

    uri = f"s3://{BUCKET}/{chain.digests[1]}"
    digests = [d if d.uri != uri else flawed(uri, U, "denied: s3:GetObject") for d in chain.judged()]
    states, reasons = judge(chain, digests=digests)
    assert states == [V, U, V, P]
    assert "s3:GetObject" in reasons[1]


def test_a_corrupt_log_file_is_unreadable_and_named(chain):
    key = log_of(chain, 0)
    ingested = [replace(one, sha256="") if one.uri.endswith(key) else one for one in chain.ingested()]
    states, reasons = judge(chain, ingested=ingested)
    assert states == [U, V, V, P]
    assert key in reasons[0]


def test_a_file_overwritten_after_it_was_read_is_tampered(chain):
    key = log_of(chain, 0)
    later = Ingested(f"s3://{BUCKET}/{key}", "0" * 64, START + 2 * HOUR)
    assert judge(chain, ingested=[*chain.ingested(), later])[0] == [T, V, V, P]


def test_the_digest_before_the_first_is_asked_of_what_was_verified_earlier(chain):
    digests = chain.judged()
    first = digests[0]
    rest = {"digests": digests[1:]}
    early = [one for one in chain.ingested() if one.delivered_at >= START + HOUR]
    good = judge(chain, ingested=early, earlier={first.uri: first.sha256}, **rest)[0]
    bad = judge(chain, ingested=early, earlier={first.uri: "0" * 64}, **rest)[0]
    assert (good[1:], bad[1:]) == ([V, V, P], [T, V, P])
