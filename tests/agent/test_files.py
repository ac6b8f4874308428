import json
import os
from pathlib import Path

from nephoscope.agent.files import MOST_CHANGES, look, manifest_of, paced


def told(tmp_path, path="/etc", share=1.0):
    (tmp_path / "state").mkdir(exist_ok=True)
    lines = [json.loads(line) for line in look(str(tmp_path / "state"), str(tmp_path / "root"), path, share)]
    return [each["change"] for each in lines[:-1]], lines[-1]["looked"]


def test_a_first_look_adopts_and_the_next_tells_what_changed(tmp_path, tree):
    root = tree({"/etc/app.conf": "a", "/etc/other": "b"})
    changes, looked = told(tmp_path)
    assert (changes, looked["adopted"], looked["entries"]) == ([], True, 2)
    (root / "etc/app.conf").write_text("changed")
    (root / "etc/new").write_text("x")
    (root / "etc/new").chmod(0o755)

    changes, again = told(tmp_path)

    assert {each["path"]: each["class"] for each in changes} == {
        "/etc/app.conf": "changed",
        "/etc/new": "new-executable",
    }
    assert (again["sha256"], again["unexplained"], again["explained"]) == (looked["sha256"], 2, 0)
    assert again["oldest_hash_at"] > 0


def test_files_of_packages_of_a_mounted_host_are_explained_by_its_own_database(tmp_path, tree):
    status = "Package: tool\nStatus: install ok installed\nVersion: {}\n\n"
    digest = {"1": "7fc56270e7a70fa81a5935b72eacbe29", "2": "9d5ed678fe57bcca610140957afab571"}  # MD5 of A and B
    database = "/var/lib/dpkg/"
    tree({"/usr/bin/tool": "A", database + "status": status.format(1), database + "info/tool.list": "/usr/bin/tool\n"})
    tree({database + "info/tool.md5sums": f"{digest['1']}  usr/bin/tool\n"})
    told(tmp_path, "/usr/bin")
    tree({"/usr/bin/tool": "B", database + "status": status.format(2)})
    tree({database + "info/tool.md5sums": f"{digest['2']}  usr/bin/tool\n"})

    [change], looked = told(tmp_path, "/usr/bin")

    assert (change["class"], change["package"], looked["unexplained"]) == ("package-upgrade", "tool", 0)


def test_what_cannot_be_looked_at_is_told_with_its_cause(tmp_path, tree):
    tree({"/etc/x": "x"})
    assert "not there" in told(tmp_path, "/none")[1]["cause"]
    told(tmp_path)
    manifest_of(str(tmp_path / "state"), "/etc").write_bytes(b"nothing")
    _, looked = told(tmp_path)
    assert looked["cause"].startswith("the baseline is damaged")
    assert manifest_of(str(tmp_path / "state"), "/etc").read_bytes() == b"nothing"  # nobody adopts anew by itself


def test_more_changes_than_can_be_told_are_counted(tmp_path, tree):
    root = tree({"/etc/x": "x"})
    told(tmp_path)
    for number in range(MOST_CHANGES + 3):
        (root / "etc" / str(number)).touch()
    changes, looked = told(tmp_path)
    assert (len(changes), looked["untold"], looked["unexplained"]) == (MOST_CHANGES, 3, MOST_CHANGES + 3)


def test_a_name_that_is_no_text_is_told(tmp_path, tree):
    root = tree({"/etc/x": "x"})
    told(tmp_path)
    Path(os.fsdecode(os.fsencode(root / "etc") + b"/\xff\n\x1b")).touch()
    [change], _ = told(tmp_path)
    assert change["path"] == "/etc/\\xff\n\x1b"


def test_the_agents_own_folder_is_left_out(tmp_path, tree):
    root = tree({"/var/x": "x"})
    state = root / "var" / "agent"
    state.mkdir()
    for _ in range(2):
        lines = [json.loads(line) for line in look(str(state), str(root), "/var", 1.0)]
        (state / "spool.db").write_text("more")
    assert lines[-1]["looked"]["unexplained"] == 0


def test_reading_waits_as_long_as_it_should_have_taken():
    waited = []
    pace = paced(1000, waited.append)
    pace(0)
    pace(500)
    pace(10**9)
    assert waited == [0.5, 60.0]
