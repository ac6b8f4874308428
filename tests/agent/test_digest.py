import hashlib
import os
import threading

import pytest

from nephoscope.agent.digest import AT_ONCE, Unreadable, hash_file, open_quietly


@pytest.fixture
def folder(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    yield handle
    os.close(handle)


@pytest.mark.parametrize("size", [0, 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 7])
def test_a_digest_is_of_all_bytes_whatever_the_size(tmp_path, folder, size):
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)

    digest, _, found = hash_file(b"file", folder, (tmp_path / "file").stat().st_ino)

    assert digest == hashlib.sha256(content).digest()
    assert found.st_size == size


def test_a_sparse_file_is_read_as_the_zeros_it_stands_for(tmp_path, folder):
    with (tmp_path / "file").open("wb") as stream:
        stream.truncate(5 * AT_ONCE)

    digest, _, _ = hash_file(b"file", folder, (tmp_path / "file").stat().st_ino)

    assert digest == hashlib.sha256(bytes(5 * AT_ONCE)).digest()


def test_a_file_that_keeps_changing_has_no_digest(tmp_path, folder):
    file = tmp_path / "file"
    file.write_bytes(bytes(40 * AT_ONCE))
    stop = threading.Event()

    def grow():
        with file.open("ab") as stream:
            while not stop.is_set():
                stream.write(b"x")
                stream.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(Unreadable, match="changed while it was read"):
            hash_file(b"file", folder, file.stat().st_ino)
    finally:
        stop.set()
        writer.join()


def test_another_file_under_the_same_name_is_refused(tmp_path, folder):
    (tmp_path / "file").write_text("x")

    with pytest.raises(Unreadable, match="was replaced"):
        hash_file(b"file", folder, 1)


def test_a_link_is_never_opened(tmp_path, folder):
    (tmp_path / "link").symlink_to("/etc/passwd")

    with pytest.raises(OSError, match="symbolic links"):
        open_quietly(b"link", folder)
