import ast
import os
import socket
import sys
from pathlib import Path

import pytest

from nephoscope.agent.walk import DEEPEST, ERROR, MOUNT, PSEUDO, TARGET, XATTRS, Walker, mounts

AGENT = Path(__file__).resolve().parents[2] / "src" / "nephoscope" / "agent"


def walked(root, **options):
    found = {}
    Walker(os.fsencode(root), lambda _: None, lambda made: found.setdefault(made.path, made), **options).walk()
    return found


@pytest.mark.parametrize("file", sorted(AGENT.rglob("*.py")), ids=lambda file: file.name)
def test_the_agent_is_python_3_8_and_needs_nothing_but_the_standard_library(file):
    tree = ast.parse(file.read_text(), feature_version=(3, 8))
    named = [
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    ]
    foreign = [
        name
        for name in named
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("nephoscope.agent")
    ]
    assert foreign == []


def test_names_of_any_bytes_are_kept_as_they_are(tmp_path):
    names = [b"new\nline", b"\xff\xfe", b"tab\t", "ü".encode(), b"-rf", b"\x1b[31m"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)

    made = walked(tmp_path)[b""]

    assert sorted(made.names) == sorted(names)
    assert len(made.digests) == len(names)


def test_pipes_sockets_and_links_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made_socket:
        made_socket.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("/etc/shadow")
    (tmp_path / "loop").symlink_to("loop")

    made = walked(tmp_path)[b""]

    said = {name: made.extras.get(index, {}) for index, name in enumerate(made.names)}
    assert made.digests == {}
    assert said == {b"link": {TARGET: b"/etc/shadow"}, b"loop": {TARGET: b"loop"}, b"pipe": {}, b"socket": {}}


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("x")
    (tmp_path / "link").symlink_to("real")

    assert set(walked(tmp_path)) == {b"", b"real"}


def test_a_folder_that_became_a_link_after_it_was_listed_is_not_entered(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "elsewhere").mkdir()
    seen = []

    def swap(made):
        if made.path == b"":
            (tmp_path / "a").rmdir()
            (tmp_path / "a").symlink_to("elsewhere")

    Walker(os.fsencode(tmp_path), swap, seen.append).walk()

    top = seen[-1]
    assert [made.path for made in seen] == [b"elsewhere", b""]
    assert ERROR in top.extras[top.names.index(b"a")]


def test_a_file_that_was_replaced_after_it_was_listed_is_said(tmp_path):
    (tmp_path / "file").write_text("x")

    def swap(made):
        (tmp_path / "file").unlink()
        (tmp_path / "other").write_text("y")
        os.mkfifo(tmp_path / "file")

    seen = []
    Walker(os.fsencode(tmp_path), swap, seen.append).walk()

    assert seen[0].extras == {0: {ERROR: b"was replaced while it was read"}}
    assert seen[0].digests == {}


def test_proc_is_refused_and_what_is_mounted_is_not_entered(tmp_path):
    with pytest.raises(OSError, match="is no file system of files"):
        walked("/proc/self")

    table = b"22 1 8:1 / /data\\040x rw shared:1 - ext4 /dev/sda1 rw\n23 1 0:5 / /proc rw - proc proc rw\nbroken\n"
    assert mounts(table) == {b"/data x": b"ext4", b"/proc": b"proc"}
    assert b"proc" in PSEUDO


@pytest.mark.parametrize(("kind", "cross", "entered"), [(b"ext4", False, 0), (b"ext4", True, 1), (b"proc", True, 0)])
def test_a_mount_is_entered_only_when_asked_and_a_pseudo_file_system_never(tmp_path, kind, cross, entered):
    (tmp_path / "mnt").mkdir()
    seen = []
    walker = Walker(os.fsencode(tmp_path), lambda _: None, seen.append, cross_mounts=cross)
    walker.mounts[os.fsencode(tmp_path.resolve() / "mnt")] = kind

    walker.walk()

    assert len(seen) == 1 + entered
    assert (MOUNT in seen[-1].extras.get(0, {})) is (not entered)


def test_folders_without_end_are_cut_off_and_said(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(DEEPEST + 2):
        os.mkdir("d", dir_fd=handle)
        below = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)

    deepest = max(walked(tmp_path).values(), key=lambda made: len(made.path))

    assert deepest.extras == {0: {ERROR: b"lies deeper than 256 directories"}}


def test_extended_attributes_are_kept(tmp_path):
    (tmp_path / "file").write_text("x")
    try:
        os.setxattr(tmp_path / "file", "user.note", b"n" * 200)
    except OSError:
        pytest.skip("this file system has no extended attributes")

    assert walked(tmp_path)[b""].extras[0][XATTRS].startswith(b"user.note\x0039:sha256:")
