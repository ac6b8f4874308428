from nephoscope.portal.auth.passwords import hash_password, is_outdated, is_password


def test_a_password_is_known_again_and_no_other_is():
    kept = hash_password("a long password")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_password(kept, "a long password")
    assert not is_password(kept, "another password")
    assert not is_outdated(kept)


def test_where_no_password_is_kept_none_is_right():
    assert not is_password("", "")
    assert not is_password("", "nobody's password")
    assert not is_password("not a hash", "x")


def test_any_text_can_be_a_password():
    assert is_password(hash_password("\ud800 ünïcode \x00"), "\ud800 ünïcode \x00")


def test_a_hash_of_weaker_parameters_is_outdated():
    from argon2 import PasswordHasher

    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("x"))
