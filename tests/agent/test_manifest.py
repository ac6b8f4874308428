import os
import random
import signal
import subprocess
import sys

import pytest

from nephoscope.agent.manifest import BadManifest, Manifest, Writer
from nephoscope.agent.walk import Walker


def written(tree, file):
    with Writer(str(file), {"path": str(tree)}) as writer:
        Walker(os.fsencode(tree), lambda _: None, writer.put).walk()
        return writer.close()


@pytest.fixture
def tree(tmp_path):
    for name in ("a/b/one", "a/two", "c/three"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "tree" / "link").symlink_to("a")
    return tmp_path / "tree"


def test_what_was_written_is_read_again(tree, tmp_path):
    footer = written(tree, tmp_path / "m")

    with Manifest(str(tmp_path / "m")) as manifest:
        made = manifest.get(b"a")
        assert set(manifest) == {b"", b"a", b"a/b", b"c"}
        assert (made.names, len(made.digests[1])) == ((b"b", b"two"), 32)
        assert manifest.sha256 == footer["sha256"]
        assert manifest.likeness(made) == (True, False)


def test_a_copy_of_a_tree_has_its_root_and_a_changed_byte_has_another(tree, tmp_path):
    subprocess.run(["cp", "-r", "--no-dereference", str(tree), str(tmp_path / "copy")], check=True)
    first, second = written(tree, tmp_path / "m"), written(tmp_path / "copy", tmp_path / "n")
    assert first["root"] == second["root"]

    (tmp_path / "copy" / "a" / "b" / "one").write_text("a/b/0ne")
    assert written(tmp_path / "copy", tmp_path / "n")["root"] != first["root"]


def test_a_damaged_manifest_is_refused_with_its_place_whatever_byte_is_damaged(tree, tmp_path):
    written(tree, tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    chosen = random.Random(3)
    for _ in range(400):
        at = chosen.randrange(len(content))
        flipped = content[:at] + bytes([content[at] ^ 1 << chosen.randrange(8)]) + content[at + 1 :]
        (tmp_path / "n").write_bytes(chosen.choice([flipped, content[:at], content + b"x"]))
        with pytest.raises(BadManifest, match=r"n: byte \d+: "):
            Manifest(str(tmp_path / "n"))


def test_a_full_disk_leaves_the_manifest_before_it(tree, tmp_path):
    written(tree, tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)); import signal;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from tests.agent.test_manifest import written; written(sys.argv[1], sys.argv[2])"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tree), str(tmp_path / "m")], capture_output=True, text=True)

    assert "File too large" in ended.stderr
    assert (tmp_path / "m").read_bytes() == before
    assert list(tmp_path.glob("*.part")) == []


def test_a_writer_killed_in_the_middle_leaves_the_manifest_before_it(tree, tmp_path):
    written(tree, tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    code = (
        "import os, signal, sys; from nephoscope.agent.manifest import Writer\n"
        "from nephoscope.agent.walk import Walker\n"
        "writer = Writer(sys.argv[2], {}); Walker(os.fsencode(sys.argv[1]), lambda _: None, writer.put).walk();"
        "writer.stream.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tree), str(tmp_path / "m")], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "m").read_bytes() == before
    assert written(tree, tmp_path / "m")["entries"] == 7
