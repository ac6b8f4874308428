from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.store.samples import NOON

from nephoscope.store.sessions import (
    ALPHABET,
    count_attempt,
    end_session,
    find_session,
    find_token,
    forgive_attempts,
    get_token,
    is_token,
    make_token,
    open_session,
    put_challenge,
    revoke_token,
    sessions_of,
    take_challenge,
    tokens_of,
    touch_session,
)


def test_a_session_lasts_while_it_is_used_and_no_longer_than_half_a_day(ledger):
    with ledger.write() as connection:
        secret, session = open_session(connection, "u", "password", NOON, ip="::1", user_agent="x" * 900)
        assert find_session(connection, secret, NOON + timedelta(minutes=29)) == session
        assert find_session(connection, secret, NOON + timedelta(minutes=30)) is None
        assert find_session(connection, "other", NOON) is None
        touch_session(connection, session.id, NOON + timedelta(hours=11, minutes=50))
        assert find_session(connection, secret, NOON + timedelta(hours=11, minutes=59))
        assert find_session(connection, secret, NOON + timedelta(hours=12)) is None
        assert end_session(connection, session.id)
        assert sessions_of(connection, "u") == []


def test_a_token_is_valid_until_it_expires_or_is_revoked(ledger):
    with ledger.write() as connection:
        text, token = make_token(connection, "u", "ci", ("read",), NOON + timedelta(days=1), NOON)
        assert is_token(text)
        assert find_token(connection, text, NOON) == token
        assert find_token(connection, text, NOON + timedelta(days=1)) is None
        assert revoke_token(connection, token, NOON).state(NOON) == "revoked"
        assert find_token(connection, text, NOON) is None
        assert [each.id for each in tokens_of(connection, "")] == [token.id]
        assert get_token(connection, token.id).version == 2


@given(st.text(max_size=70) | st.text(ALPHABET, min_size=51, max_size=51).map(lambda body: f"nph_{body}"))
def test_what_was_mistyped_is_seen_by_its_checksum(text):
    assert not is_token(text)


def test_a_challenge_is_taken_once_for_its_purpose_within_its_time(ledger):
    with ledger.write() as connection:
        one, two, three = (put_challenge(connection, "p", "u", {"a": 1}, NOON) for _ in range(3))
        assert take_challenge(connection, "p", one, NOON) == ("u", {"a": 1})
        assert take_challenge(connection, "p", one, NOON) is None
        assert take_challenge(connection, "other", two, NOON) is None
        assert take_challenge(connection, "p", three, NOON + timedelta(minutes=5)) is None


def test_failures_make_one_wait_twice_as_long_each_time_and_are_forgotten_after_an_hour(ledger):
    with ledger.write() as connection:
        at, waits = NOON, []
        for _ in range(6):
            wait = count_attempt(connection, "k", 2, at)
            waits.append(wait)
            at += timedelta(seconds=wait)
        assert waits == [0, 0, 1, 0, 2, 0]
        assert count_attempt(connection, "k", 2, at + timedelta(hours=2)) == 0
        forgive_attempts(connection, "k")
        assert count_attempt(connection, "k", 1, at) == 0
