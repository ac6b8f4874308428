import pytest

from nephoscope.agent import sshd
from nephoscope.agent.host import Host, Unreadable


def config(tree, text, **others):
    files = {f"/etc/ssh/sshd_config.d/{name}.conf": content for name, content in others.items()}
    return sshd.config(Host(str(tree({sshd.CONFIG: text} | files))))


def test_the_first_value_wins_whatever_its_case(tree):
    found = config(tree, "# PermitRootLogin no\npermitrootlogin yes\nPermitRootLogin no\n")

    assert found.value("PermitRootLogin") == ("yes", "/etc/ssh/sshd_config:2")


def test_includes_stand_where_they_are_included(tree):
    found = config(tree, "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n", a="Port 2222\n", b='Port=23\n"')

    assert found.value("Port")[0] == "2222"


def test_an_include_is_relative_to_the_folder(tree):
    assert config(tree, "Include sshd_config.d/a.conf\n", a="MaxAuthTries 2\n").value("MaxAuthTries")[0] == "2"


def test_a_match_does_not_hold_for_everybody(tree):
    found = config(tree, "Match User git\n  PasswordAuthentication no\nMatch all\nX11Forwarding yes\n")

    assert found.value("PasswordAuthentication") == ("yes", "default")
    assert [option.value for option in found.in_match("passwordauthentication")] == ["no"]
    assert found.value("X11Forwarding")[0] == "yes"


def test_a_match_in_an_included_file_ends_with_it(tree):
    found = config(tree, "Include sshd_config.d/a.conf\nPermitRootLogin no\n", a="Match User x\nPermitRootLogin yes\n")

    assert found.value("PermitRootLogin")[0] == "no"


def test_an_include_of_itself_ends(tree):
    with pytest.raises(Unreadable, match="nested more than"):
        config(tree, "Include /etc/ssh/sshd_config\n")


def test_what_is_not_known_is_not_guessed(tree):
    with pytest.raises(KeyError):
        config(tree, "").value("Ciphers")
