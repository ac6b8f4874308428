import json

import pytest

from nephoscope.agent import facts
from nephoscope.agent.canonical import digest_of, ordered
from nephoscope.agent.host import Host, Unreadable

ONE, TWO, THREE, FOUR = (ordered([{"n": number}])[0] for number in (1, 2, 3, 4))


def test_the_folder_says_which_tables_there_are():
    assert set(facts.names()) >= {"authorized_keys", "containers", "cron", "groups", "interfaces", "kernel_modules"}
    assert set(facts.names()) >= {"listening_ports", "mounts", "os", "processes", "setuid", "sudoers", "units", "users"}


def test_a_table_is_collected_sorted_and_each_row_once(host):
    lines = facts.collect(host, "groups")

    assert lines == sorted(lines)
    assert {json.loads(line)["name"] for line in lines} == {"ana", "root", "shadow"}


def test_a_first_look_is_sent_whole():
    told = json.loads(facts.record("x", 7, [ONE, TWO], None))

    assert told == {
        "kind": "table",
        "name": "x",
        "at": 7,
        "rows": [{"n": 1}, {"n": 2}],
        "digest": digest_of([ONE, TWO]),
    }


def test_a_later_look_is_sent_as_its_difference():
    told = json.loads(facts.record("x", 7, [ONE, TWO, FOUR], [ONE, TWO, THREE]))

    assert (told["base"], told["added"], told["removed"]) == (digest_of([ONE, TWO, THREE]), [{"n": 4}], [{"n": 3}])
    assert told["digest"] == digest_of([ONE, TWO, FOUR])


def test_nothing_changed_is_said_too():
    told = json.loads(facts.record("x", 7, [ONE], [ONE]))
    assert (told["base"], told["added"], told["removed"]) == (told["digest"], [], [])


def test_a_difference_larger_than_the_table_is_sent_whole():
    assert "rows" in json.loads(facts.record("x", 7, [ONE], [TWO, THREE]))
    assert json.loads(facts.record("x", 7, [], [TWO]))["rows"] == []


def test_a_table_that_cannot_be_read_says_why_and_has_no_rows():
    told = json.loads(facts.unread("x", 7, "denied \udcff"))
    assert told == {"kind": "table", "name": "x", "at": 7, "cause": "denied \\xff"}


def test_a_name_that_is_no_table_is_refused(host):
    for name in ("nothing", "../run", "os.path", "__init__"):
        with pytest.raises(Unreadable, match="there is no such table"):
            facts.collect(host, name)


def test_whatever_goes_wrong_in_a_table_is_its_cause(tree):
    with pytest.raises(Unreadable, match="os: ValueError"):
        facts.collect(Host(str(tree({"/etc/os-release": "", "/proc/stat": "btime soon\n"} | PROC))), "os")


PROC = {
    "/proc/sys/kernel/osrelease": "6",
    "/proc/version": "6",
    "/proc/sys/kernel/hostname": "h",
    "/proc/sys/kernel/random/boot_id": "b",
}


def test_texts_and_lists_are_bounded(tree):
    members = ",".join(f"u{number}" for number in range(3000))
    [line] = facts.collect(Host(str(tree({"/etc/group": f"{'g' * 9000}:x:1:{members}\n"}))), "groups")
    row = json.loads(line)

    assert row["name"].endswith("… [4904 characters cut]")
    assert row["members"][-1] == "… [2000 more]"


def test_too_many_rows_are_a_cause(tree):
    text = "".join(f"g{number}:x:{number}:\n" for number in range(facts.MOST_ROWS + 1))
    with pytest.raises(Unreadable, match="has 50001 rows"):
        facts.collect(Host(str(tree({"/etc/group": text}))), "groups")


@pytest.mark.parametrize("name", facts.names())
def test_a_host_that_denies_everything_has_no_empty_table(name, tmp_path):
    class Denied(Host):
        def _deny(self, path, *_):
            raise Unreadable(path, "Permission denied")

        open = names = status = link = outside = _deny

    with pytest.raises(Unreadable, match="Permission denied"):
        facts.collect(Denied(str(tmp_path)), name)
