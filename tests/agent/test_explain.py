import hashlib
import stat

import pytest

from nephoscope.agent.compare import Change, Entry
from nephoscope.agent.explain import Class, Explainer
from nephoscope.agent.owners import Owner, Owners
from nephoscope.agent.walk import ERROR, Status


def entry(content=b"", mode=0o644, **more):
    status = Status(stat.S_IFREG | mode, 0, 0, len(content), 1, 1, 1, 1)
    return Entry(status._replace(**more), hashlib.sha256(content).digest(), {})


def explained(root, path, change, owner=None, before=None):
    owners = Owners({f"/{path}": owner} if owner else {})
    return Explainer(root, "", owners, before or {}, "adopted").explain(Change(path.encode(), *change))


def packaged(content, version="2", **more):
    return Owner("tool", version, "md5", hashlib.md5(content).hexdigest(), **more)


CHANGED = (entry(b"old"), entry(b"new"), ("content",))


@pytest.mark.parametrize(
    ("owner", "before", "class_", "trust"),
    [
        (packaged(b"new"), {"tool": "1"}, Class.PACKAGE_UPGRADE, "host-db"),
        (packaged(b"new"), {"tool": "2"}, Class.PACKAGE_OK, "host-db"),
        (packaged(b"other", is_configuration=True), {}, Class.CONFIGURATION, "host-db"),
        (packaged(b"other"), {"tool": "1"}, Class.OWNED_CHANGED, "host-db"),
        (None, {}, Class.CHANGED, "adopted"),
    ],
)
def test_a_changed_content_is_explained_in_order(tmp_path, owner, before, class_, trust):
    (tmp_path / "file").write_bytes(b"new")

    found = explained(tmp_path, "file", CHANGED, owner, before)

    assert (found.class_, found.trust) == (class_, trust)
    assert found.is_explained is (class_ in (Class.PACKAGE_UPGRADE, Class.PACKAGE_OK))


def test_a_file_that_changed_again_since_is_not_taken_for_the_packages(tmp_path):
    (tmp_path / "file").write_bytes(b"good")  # put back after the digest of "new" was taken

    assert explained(tmp_path, "file", CHANGED, packaged(b"good")).class_ == Class.OWNED_CHANGED


def test_a_packages_file_that_became_setuid_is_not_explained_by_its_content(tmp_path):
    (tmp_path / "file").write_bytes(b"new")
    change = (entry(b"old"), entry(b"new", 0o4755), ("content", "mode"))

    found = explained(tmp_path, "file", change, packaged(b"new"), {"tool": "1"})

    assert (found.class_, found.severity) == (Class.METADATA, "high")


@pytest.mark.parametrize(
    ("path", "change", "class_", "severity"),
    [
        ("usr/bin/x", (None, entry(b"x"), ("new",)), Class.NEW_EXECUTABLE, "high"),
        ("tmp/x", (None, entry(b"x", 0o755), ("new",)), Class.NEW_EXECUTABLE, "high"),
        ("tmp/x", (None, entry(b"x"), ("new",)), Class.NEW, "low"),
        ("tmp/x", (entry(b"x"), None, ("missing",)), Class.MISSING, "medium"),
        ("tmp/x", (entry(b"x"), entry(b"x", 0o4755), ("mode",)), Class.METADATA, "high"),
        ("tmp/x", (entry(b"x"), entry(b"x", nlink=2), ("nlink",)), Class.METADATA, "low"),
        ("tmp/x", (entry(b"x"), entry(b"x", mtime_ns=2), ("mtime_ns",)), Class.TOUCHED, "informational"),
        ("tmp/x", (None, entry()._replace(extras={ERROR: b"no"}), ("new",)), Class.UNREADABLE, "medium"),
    ],
)
def test_each_change_has_its_class(tmp_path, path, change, class_, severity):
    found = explained(tmp_path, path, change)

    assert (found.class_, found.severity) == (class_, severity)
