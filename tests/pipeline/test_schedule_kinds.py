"""What a job of each kind does: reads the accounts, or looks at a path below the folders that are named."""

from dataclasses import replace

import pytest

from nephoscope.model.errors import Refused, SourceError
from nephoscope.model.finding import ResourceRef
from nephoscope.model.package import Package
from nephoscope.model.schedule import Job
from nephoscope.pipeline.fetching import Outcome as Fetched
from nephoscope.pipeline.schedule_kinds import (
    DO,
    KINDS,
    Workshop,
    doing,
    fetch_feeds,
    look_at_path,
    read_accounts,
    scan_disks,
)
from nephoscope.store.packages import ids_of, list_looks, packages_of

STATUS = "Package: bash\nStatus: install ok installed\nVersion: 5.2-1\nArchitecture: amd64\n\n"
RELEASE = 'ID=debian\nVERSION_ID="12"\n'


@pytest.fixture
def tree(tmp_path):
    """A small Debian."""
    root = tmp_path / "trees" / "web"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text(RELEASE)
    (root / "var/lib/dpkg/status").write_text(STATUS)
    return root


def job(path, stops=lambda: False):
    return Job("j", "r", "trees", "folders", ResourceRef("path", str(path)), stops=stops)


def shop(stores, tree):
    return Workshop(stores, folders=(tree.parent,))


def test_every_function_is_of_a_kind():
    assert set(DO) == {each.name for each in KINDS}
    assert set(doing(Workshop(None))) == set(DO)


def test_the_packages_of_a_path_are_kept(stores, tree):
    outcome = look_at_path(shop(stores, tree), job(tree))
    with stores.ledger.read() as connection:
        [look] = list_looks(connection)
        packages = packages_of(connection, ids_of(connection, look.digest))

    assert outcome.note == "1 packages"
    assert (look.target.type, look.target.id, look.by, look.cause) == ("folder", str(tree), "schedule", "")
    assert [(each.ecosystem, each.name, each.version) for each in packages.values()] == [("Debian:12", "bash", "5.2-1")]
    assert isinstance(next(iter(packages.values())), Package)


def test_what_of_it_cannot_be_read_is_told_and_takes_nothing_away(stores, tree):
    look_at_path(shop(stores, tree), job(tree))
    (tree / "var/lib/dpkg/status").write_text("Package: \xff\n\nnonsense\n\n" + STATUS.replace("bash", "zsh"))
    outcome = look_at_path(shop(stores, tree), job(tree))
    with stores.ledger.read() as connection:
        [look] = list_looks(connection)
        names = {each.name for each in packages_of(connection, ids_of(connection, look.digest)).values()}

    assert outcome.gaps[0].subject == str(tree)
    assert look.cause
    assert names == {"bash", "zsh"}


def test_a_path_outside_of_the_folders_is_refused_also_by_a_link(stores, tree, tmp_path):
    link = tree.parent / "link"
    link.symlink_to("/etc")
    for path in ("/etc", link, tree.parent / ".." / "..", tmp_path):
        with pytest.raises(Refused, match="none of the folders"):
            look_at_path(shop(stores, tree), job(path))
    with pytest.raises(Refused):
        look_at_path(Workshop(stores), job(tree))


@pytest.mark.parametrize("what", ["absent", "empty file"])
def test_what_is_no_target_fails_with_its_cause(stores, tree, what):
    path = tree.parent / what
    if what == "empty file":
        path.write_bytes(b"")
    with pytest.raises(SourceError, match=what):
        look_at_path(shop(stores, tree), job(path))
    with stores.ledger.read() as connection:
        assert list_looks(connection) == []


def test_a_look_that_is_to_rest_keeps_nothing_and_begins_anew(stores, tree):
    outcome = look_at_path(shop(stores, tree), job(tree, stops=lambda: True))

    assert outcome.is_paused
    with stores.ledger.read() as connection:
        assert list_looks(connection) == []


class Accounts:
    def take(self, stops):
        return stops()


@pytest.mark.parametrize("is_cut", [True, False])
def test_the_accounts_are_read_until_the_job_is_to_rest(is_cut):
    assert read_accounts(Workshop(None, Accounts()), job("", lambda: is_cut)).is_paused is is_cut


def test_without_accounts_nothing_is_read_and_that_is_no_success():
    with pytest.raises(SourceError, match="no account is configured"):
        read_accounts(Workshop(None), job(""))


class Publishers:
    """Feeds, of which one may fail."""

    def __init__(self, *feeds, failing=""):
        self.feeds, self.failing, self.asked = feeds, failing, []

    def refresh(self, names):
        self.asked += names
        return [
            Fetched(name, "failed" if name == self.failing else "new", "503" if name == self.failing else "")
            for name in names
        ]


def test_every_feed_is_asked_for_and_a_failure_is_told_after_the_others():
    publishers = Publishers("debian", "pypi", "go", failing="pypi")
    with pytest.raises(SourceError, match="pypi: 503"):
        fetch_feeds(Workshop(None, fetching=publishers), job(""))
    assert publishers.asked == ["debian", "pypi", "go"]
    assert fetch_feeds(Workshop(None, fetching=Publishers("debian")), job("")).note == "1 feeds are current"
    for empty in (None, Publishers()):
        with pytest.raises(SourceError, match="no feed is configured"):
            fetch_feeds(Workshop(None, fetching=empty), job(""))


def test_feeds_that_rest_go_on_where_they_were():
    publishers = Publishers("debian", "pypi")
    answers = iter([False, True])
    outcome = fetch_feeds(Workshop(None, fetching=publishers), job("", stops=lambda: next(answers)))
    assert (outcome.is_paused, outcome.place) == (True, ["debian"])
    again = replace(job(""), place=outcome.place)
    assert fetch_feeds(Workshop(None, fetching=publishers), again).note == "2 feeds are current"
    assert publishers.asked == ["debian", "pypi"]


def test_without_a_role_that_scans_no_disk_is():
    with pytest.raises(Refused, match="scan_role"):
        scan_disks(Workshop(None), job(""))
