import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from nephoscope.agent import benchmark
from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.kinds import Facts, FileMode, NotApplicable
from nephoscope.agent.kinds_accounts import AccountRule
from tests.agent import trees

KNOWN = benchmark.known()
GUIDE = Path(__file__).resolve().parents[2] / "docs/guide/agent.md"
NEEDS_OWNERS = ("homes_are_private",)


def judged(check, root):
    """What a check says; owners as whoever runs the tests can make them."""
    test = check.test
    if isinstance(test, FileMode):
        test = test._replace(owner=os.getuid())
    return test.failure(Facts(Host(str(root))))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_check_passes_and_fails_as_it_says(name, tmp_path):
    check = KNOWN[name]
    good, bad = tmp_path / "good", tmp_path / "bad"
    trees.make(good, trees.files(check.test, True))
    trees.make(bad, trees.files(check.test, False))
    if name in NEEDS_OWNERS and os.getuid() == 0:
        os.chown(good / "home/ana", 1000, 1000)

    assert judged(check, good) == ""
    assert judged(check, bad) != ""


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_check_that_can_read_nothing_never_passes(name, tmp_path):
    class Denied(Host):
        def _deny(self, path, *_):
            raise Unreadable(path, "Permission denied")

        open = names = status = link = _deny

    with pytest.raises(Unreadable, match="Permission denied"):
        KNOWN[name].test.failure(Facts(Denied(str(tmp_path))))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_check_says_what_it_is(name):
    check = KNOWN[name]

    assert re.fullmatch(r"[a-z][a-z0-9_]+", name)
    assert check.name == name
    assert check.title[0].isupper() or check.title.startswith(
        ("/", "apt", "sudo", "dnf", "auditd", "cron", "rpcbind", "su ")
    )
    assert not check.title.endswith(".")
    assert check.why.endswith(".")
    assert check.test.fix()
    assert set(check.families) <= set(benchmark.FAMILIES)


def test_no_two_checks_share_a_name_or_a_test():
    import importlib
    import pkgutil

    from nephoscope.agent import checks

    names, tests = Counter(), Counter()
    for module in pkgutil.iter_modules(checks.__path__):
        for check in importlib.import_module(f"nephoscope.agent.checks.{module.name}").CHECKS:
            names[check.name] += 1
            tests.update((type(check.test), check.test, family) for family in check.families)

    assert [name for name, count in names.items() if count > 1] == []
    assert [test for test, count in tests.items() if count > 1] == []


def test_the_guide_states_how_many_there_are():
    counts = {family: sum(family in check.families for check in KNOWN.values()) for family in benchmark.FAMILIES}
    stated = dict(re.findall(r"\| (Debian|Ubuntu|RHEL|Amazon) [^|]*\| (\d+) \|", GUIDE.read_text()))

    assert {name.lower(): int(count) for name, count in stated.items()} == counts
    assert min(counts.values()) >= 150


def results(root, names=("uids_are_unique",)):
    return {each.name: each for each in benchmark.run(Host(str(root)), list(names))}


def test_a_check_for_another_family_does_not_apply(host):
    found = results(host.root, ["selinux_enforces_at_boot", "uids_are_unique"])

    assert found["selinux_enforces_at_boot"].result == "not_applicable"
    assert found["selinux_enforces_at_boot"].reason == "it is for rhel, amazon"
    assert found["uids_are_unique"].result == "pass"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("ID=debian", "debian"),
        ("ID=ubuntu\nID_LIKE=debian", "ubuntu"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "rhel"),
        ('ID="amzn"', "amazon"),
        ("ID=linuxmint\nID_LIKE='ubuntu debian'", "ubuntu"),
        ("ID=arch", ""),
    ],
)
def test_a_family_is_told_by_os_release(tree, text, family):
    assert benchmark.family(Host(str(tree({"/etc/os-release": text})))) == family


def test_no_os_release_makes_everything_unknown(tree):
    assert results(tree({}))["uids_are_unique"].result == "unknown"


def test_a_name_that_is_not_known_is_unknown(host):
    assert results(host.root, ["no_such_check"])["no_such_check"].reason == "this agent knows no such check"


def test_what_cannot_be_read_is_unknown_with_its_cause(host, tree):
    tree({"/etc/passwd": "broken line\n"})
    found = results(host.root)["uids_are_unique"]

    assert (found.result, found.reason) == ("unknown", "/etc/passwd: line 1 is no account")


def test_hostile_content_breaks_no_check(tree):
    naughty = "\0\x1b[31m %s %d {} ${x} $(id) `id` ../../ \udcff'\"\\ = : \t 1e999\n" * 3
    everywhere = {path for check in KNOWN.values() for path in trees.files(check.test, True) if path != "/home/ana"}
    everywhere = {path for path in everywhere if not any(other.startswith(path + "/") for other in everywhere)}
    data = naughty.encode("utf-8", "surrogateescape")
    root = tree({path: data for path in everywhere} | {"/etc/os-release": "ID=debian"})

    found = benchmark.run(Host(str(root)), ["all"])
    assert len(found) == len(KNOWN)
    assert {each.reason for each in found if "Error" in each.reason and "Unreadable" not in each.reason} == set()


def test_the_catalogue_can_be_written_down():
    assert len(json.loads(json.dumps(benchmark.catalogue()))) == len(KNOWN)


def test_an_account_rule_of_every_name_is_asked():
    from nephoscope.agent.kinds_accounts import RULES

    assert {check.test.rule for check in KNOWN.values() if isinstance(check.test, AccountRule)} == set(RULES)


def test_a_question_that_does_not_arise_says_why(tree):
    with pytest.raises(NotApplicable, match="is not there"):
        KNOWN["motd_is_protected"].test.failure(Facts(Host(str(tree({"/etc/group": "root:x:0:\n"})))))
