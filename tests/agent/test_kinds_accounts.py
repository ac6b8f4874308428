from nephoscope.agent.host import Host
from nephoscope.agent.kinds import Facts
from nephoscope.agent.kinds_accounts import RULES, SHOWN, AccountRule


def failure(tree, rule, passwd, number=0, **others):
    files = {"/etc/passwd": passwd, "/etc/group": "root:x:0:\n"} | others
    return AccountRule(rule, number).failure(Facts(Host(str(tree(files)))))


def test_many_failures_are_named_up_to_a_number(tree):
    passwd = "root:x:0:0::/root:/bin/sh\n" + "".join(f"u{n}:x:0:0::/:/bin/sh\n" for n in range(SHOWN + 5))
    found = failure(tree, "only_root_has_uid_0", passwd)

    assert found.startswith("u0 has uid 0; u1 has uid 0")
    assert found.endswith("and 5 more")


def test_accounts_that_cannot_log_in_need_no_home(tree):
    passwd = "svc:x:1500:0::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:0::/nonexistent:/bin/sh\n"
    assert failure(tree, "homes_exist", passwd) == ""


def test_a_system_account_without_a_shell_has_bin_sh(tree):
    assert failure(tree, "system_accounts_cannot_log_in", "svc:x:10:0::/:\n") == "svc has the shell /bin/sh"


def test_sync_may_stay(tree):
    assert failure(tree, "system_accounts_cannot_log_in", "sync:x:4:0::/bin:/bin/sync\n") == ""


def test_what_to_do_names_the_number():
    assert AccountRule("passwords_expire", 365).fix() == "chage --maxdays 365 for each."
    assert all(text for _, text in RULES.values())
