import pytest

from nephoscope.agent import accounts
from nephoscope.agent.host import Host, Unreadable


def test_users_and_groups_are_read(host):
    assert [user.name for user in accounts.users(host)] == ["root", "ana"]
    assert [group.gid for group in accounts.groups(host)] == [0, 1000, 42]


@pytest.mark.parametrize(
    ("field", "state", "algorithm"),
    [
        ("", "empty", ""),
        ("*", "none", ""),
        ("!", "locked", ""),
        ("!$6$salt$hash", "locked", "sha512"),
        ("$y$j9T$salt$hash", "set", "yescrypt"),
        ("$1$salt$hash", "set", "md5"),
        ("abcdefghijklm", "set", "des"),
        ("x", "none", ""),
        ("$?$odd", "set", "unknown"),
    ],
)
def test_a_passwords_state_is_told_and_never_its_hash(field, state, algorithm):
    assert (accounts.password_state(field), accounts.algorithm(field)) == (state, algorithm)


@pytest.mark.parametrize("line", ["a:x:1:1:short", "a:x:no:1:::", "a:x:1:99999999999999::/:/bin/sh", "a:x:¹:1:::"])
def test_a_line_that_is_no_account_is_named(tree, line):
    host = Host(str(tree({"/etc/passwd": f"root:x:0:0::/root:/bin/sh\n{line}\n"})))
    with pytest.raises(Unreadable, match="line 2 is no account"):
        accounts.users(host)


def test_shadow_gives_days_and_states(host):
    secret = accounts.secrets(host)["ana"]

    assert (secret.state, secret.algorithm, secret.least_days, secret.most_days) == ("set", "sha512", 1, 90)
    assert not [field for field in secret if "$" in str(field)]
