import hashlib
import io
import os
import signal
import subprocess
import sys

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.storage import Spool, chunks_of


def test_a_part_is_whole_read_only_and_gone_afterwards(tmp_path):
    spool = Spool(tmp_path / "parts")
    with spool.part([b"one", b"", b"two"]) as part:
        assert part.path.read_bytes() == b"onetwo"
        assert (part.sha256, part.size_bytes) == (hashlib.sha256(b"onetwo").hexdigest(), 6)
        assert part.path.stat().st_mode & 0o777 == 0o400
        spool.sweep()
        assert part.path.exists()
    assert list(spool.folder.iterdir()) == []


def test_a_source_that_fails_leaves_nothing(tmp_path):
    def failing():
        yield b"x"
        raise ValueError("source")

    spool = Spool(tmp_path / "parts")
    with pytest.raises(ValueError, match="source"), spool.part(failing()):
        pass
    assert list(spool.folder.iterdir()) == []


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    script = (
        "import os, signal, sys; from pathlib import Path; from nephoscope.respond.evidence.storage import Spool\n"
        "with Spool(Path(sys.argv[1])).part([b'x']): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    Spool(tmp_path).sweep()
    assert list(tmp_path.iterdir()) == []
    Spool(tmp_path / "none").sweep()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CustodyError, match="cannot be written"), Spool(tmp_path / "file" / "parts").part([b"x"]):
        pass


def test_a_stream_comes_in_chunks():
    assert [len(chunk) for chunk in chunks_of(io.BytesIO(b"x" * 2_500_000))] == [1 << 20, 1 << 20, 402848]
