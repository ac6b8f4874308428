from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.store.users import (
    Passkey,
    administrators,
    all_users,
    count_passkeys,
    count_users,
    drop_passkey,
    find_login,
    find_subject,
    get_passkey,
    get_user,
    known_link,
    make_codes,
    make_link,
    new_user,
    passkeys_of,
    put_passkey,
    put_user,
    saw_user,
    take_code,
    take_link,
)


def test_a_user_is_found_by_name_without_regard_to_case_and_by_subject(ledger):
    with ledger.write() as connection:
        user = put_user(connection, new_user(" Ada  Admin", ("admin",), ("*",), NOON, issuer="i", subject="s"))
        saw_user(connection, user.id, NOON)
        assert find_login(connection, "ada ADMIN ") == get_user(connection, user.id)
        assert find_subject(connection, "i", "s").last_seen_at == NOON
        assert find_subject(connection, "i", "other") is None
        assert administrators(connection) == [user.id]
        put_user(connection, replace(user, accounts=("1",)))
        assert administrators(connection) == []
        assert [each.version for each in all_users(connection)] == [user.version + 1]
        assert count_users(connection) == 1


def test_a_link_is_taken_once_and_within_its_time(ledger):
    with ledger.write() as connection:
        token, until = make_link(connection, "setup", "", NOON)
        assert until == NOON + timedelta(minutes=15)
        assert known_link(connection, token, NOON) == ("setup", "")
        assert take_link(connection, token, until) is None
        assert take_link(connection, token, NOON) == ("setup", "")
        assert take_link(connection, token, NOON) is None


def test_passkeys_are_of_their_user(ledger):
    with ledger.write() as connection:
        for id_ in ("b", "a"):
            put_passkey(connection, Passkey(id_, "u", "key", 0, "laptop", NOON))
        assert [each.id for each in passkeys_of(connection, "u")] == ["a", "b"]
        assert count_passkeys(connection, ["u", "v"]) == {"u": 2}
        assert not drop_passkey(connection, "v", "a")
        assert drop_passkey(connection, "u", "a")
        assert get_passkey(connection, "a") is None


def test_new_recovery_codes_void_the_earlier_ones(ledger):
    with ledger.write() as connection:
        [first, *_] = make_codes(connection, "u")
        [second, *_] = make_codes(connection, "u")
        assert not take_code(connection, "u", first, NOON)
        assert not take_code(connection, "v", second, NOON)
        assert take_code(connection, "u", f" {second.upper()} ", NOON)
        assert not take_code(connection, "u", second, NOON)
