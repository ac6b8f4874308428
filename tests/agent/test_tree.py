import ast
import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from nephoscope.agent import tree
from nephoscope.agent.tree import Absent, Folder, TreeError

AGENT = sorted(Path(tree.__file__).parent.rglob("*.py"))


@pytest.fixture
def there(tmp_path):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/name").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    with Folder(str(root)) as folder:
        yield root, folder


@pytest.mark.parametrize("path", AGENT, ids=lambda path: path.name)
def test_the_agents_files_run_on_python_3_8_and_need_nothing_but_its_library(path):
    parsed = ast.parse(path.read_text(), feature_version=(3, 8))
    for node in ast.walk(parsed):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(
            name.split(".")[0] in sys.stdlib_module_names or name.startswith("nephoscope.agent") for name in names
        )
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("removeprefix", "removesuffix"), f"line {node.lineno}: 3.9's"


def test_a_file_is_read_up_to_its_limit(there):
    root, folder = there
    assert folder.read("/etc/./name", 6) == b"inside"
    with pytest.raises(TreeError, match="larger than 5 bytes"):
        folder.read("etc/name", 5)
    with pytest.raises(Absent):
        folder.read("etc/other", 5)
    with pytest.raises(Absent):
        folder.read("etc/name/below", 5)


@pytest.mark.parametrize("target", ["/etc/name", "../../../etc/name", "../etc/../../etc/name", "/../../etc/name"])
def test_links_end_inside_the_root(there, target):
    root, folder = there
    (root / "var").mkdir()
    (root / "var/link").symlink_to(target)
    assert folder.read("var/link", 100) == b"inside"


@pytest.mark.parametrize("target", ["../secret", "/secret", "../../secret"])
def test_links_never_lead_out(there, target):
    root, folder = there
    (root / "link").symlink_to(target)
    (root / "up").symlink_to("../..")
    for path in ("link", "up/secret", "../secret", "up/../secret", "etc/../../secret"):
        with pytest.raises(Absent):
            folder.read(path, 100)


def test_a_ring_of_links_ends(there):
    root, folder = there
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a/b")
    with pytest.raises(TreeError, match="more than 40 links"):
        folder.stat("a")


def test_pipes_sockets_and_folders_are_not_opened(there):
    root, folder = there
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(root / "socket"))
        for name in ("pipe", "socket", "etc"):
            with pytest.raises(TreeError, match="no plain file"):
                folder.open(name)
    assert [(each.name, each.kind) for each in folder.entries("")] == [
        ("etc", "folder"),
        ("pipe", "other"),
        ("socket", "other"),
    ]


def test_a_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere_else(there, tmp_path):
    root, folder = there
    (tmp_path / "name").write_text("outside")
    done = threading.Event()

    def swap():
        while not done.is_set():
            (root / "etc").rename(root / "kept")
            (root / "etc").symlink_to(tmp_path)
            (root / "etc").unlink()
            (root / "kept").rename(root / "etc")

    thread = threading.Thread(target=swap)
    thread.start()
    read = set()
    for _ in range(2000):
        try:
            read.add(folder.read("etc/name", 100))
        except TreeError:
            continue
    done.set()
    thread.join()
    assert read <= {b"inside"}


def test_nothing_stays_open(there):
    _, folder = there
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("etc/name", "etc", "nowhere", "etc/name/below", ".."):
        for ask in (folder.stat, folder.entries, lambda path: folder.read(path, 9)):
            try:
                ask(path)
            except TreeError:
                continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
