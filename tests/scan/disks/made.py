"""File systems made by their own tools, without mounting."""

import contextlib
import os
import shutil
import subprocess

import pytest

from nephoscope.scan.disks.device import FileDevice


def tool(name):
    """A tool of the system's; in CI it must be there."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
    return found


def run(name, *arguments, text=""):
    done = subprocess.run([tool(name), *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or (name == "e2fsck" and done.returncode == 1), done.stderr
    return done.stdout


def tree(folder):
    """A folder with what file systems keep in different ways."""
    folder.mkdir()
    (folder / "etc").mkdir()
    (folder / "etc" / "tiny").write_bytes(b"tiny\n")
    (folder / "etc" / "empty").write_bytes(b"")
    (folder / "etc" / "link").symlink_to("tiny")
    (folder / "etc" / "long").symlink_to("x" * 200)
    (folder / "large").write_bytes(os.urandom(3 << 20))
    with (folder / "holes").open("wb") as file:
        file.seek(900_000)
        file.write(b"end")
    (folder / "many").mkdir()
    for number in range(200):
        (folder / "many" / f"a-file-with-a-rather-long-name-{number:04}").write_bytes(str(number).encode())
    return folder


def ext(folder, image, *options, kind="ext4", block=4096):
    run(f"mkfs.{kind}", "-q", "-F", "-b", block, "-I", 256, *options, "-d", folder, image, "32M")
    return image


def xfs(folder, image, *options):
    with image.open("wb") as file:
        file.truncate(320 << 20)
    lines = ["/", "0 0", "d--755 0 0", *_listed(folder), "$"]
    prototype = image.with_suffix(".proto")
    prototype.write_text("\n".join(lines) + "\n")
    run("mkfs.xfs", "-q", "-f", *options, "-p", prototype, image)
    return image


def _listed(folder):
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield f"{path.name} l--777 0 0 {path.readlink()}"
        elif path.is_dir():
            yield from (f"{path.name} d--755 0 0", *_listed(path), "$")
        else:
            yield f"{path.name} ---644 0 0 {path}"


def contents(files, folder=None, path="", depth=20):
    """{path: bytes, or a link's target} of everything below a folder of a file system."""
    found = {}
    for name, number in files.entries(folder or files.root):
        node, here = files.node(number), f"{path}/{os.fsdecode(name)}"
        if node.is_folder:
            found[here] = None
            found |= contents(files, node, here, depth - 1) if depth else {}
        elif node.is_link:
            found[here] = os.fsdecode(files.link(node))
        else:
            found[here] = b"".join(iter_reads(files, node))
    found.pop("/lost+found", None)
    return found


def iter_reads(files, node, step=100_000):
    for offset in range(0, min(node.size, 8 << 20), step):
        yield files.read(node, offset, step)


def expected(folder):
    """The same of a folder of this machine."""
    found = {}
    for path in folder.rglob("*"):
        here = f"/{path.relative_to(folder)}"
        if path.is_symlink():
            found[here] = str(path.readlink())
        else:
            found[here] = None if path.is_dir() else path.read_bytes()
    return found


@contextlib.contextmanager
def device(path):
    """A file of this machine as a device."""
    file = os.open(path, os.O_RDWR)
    try:
        yield FileDevice(file)
    finally:
        os.close(file)
