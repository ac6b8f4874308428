import gzip
import io
import tarfile
import tempfile

import pytest
from tests.scan.images.made import tar

from nephoscope.agent.tree import TreeError
from nephoscope.scan.images import layers as engine
from nephoscope.scan.images.layers import Merged
from nephoscope.scan.images.manifest import Layer
from nephoscope.scan.images.tree import ImageTree

STATUS, INSTALLED = "var/lib/dpkg/status", "lib/apk/db/installed"


class Held:
    """Blobs in memory."""

    def __init__(self, contents):
        self.contents = contents

    def open(self, path):
        return io.BytesIO(self.contents[path])


@pytest.fixture
def merged():
    with tempfile.TemporaryFile() as spool:

        def merge(*contents):
            result = Merged(spool)
            for number, content in enumerate(contents):
                result.add(Held({"x": content}), Layer("x"), number)
            causes = [each for each in result.problems if "has no digest" not in each.cause]
            return ImageTree(result.root, spool), causes

        yield merge


def read(tree, path):
    try:
        return tree.read(path, 1000)
    except TreeError:
        return None


def test_upper_layers_replace_lower_ones(merged):
    tree, problems = merged(tar((STATUS, b"old"), (INSTALLED, b"a")), tar((STATUS, b"new")))
    assert (read(tree, STATUS), read(tree, INSTALLED), problems) == (b"new", b"a", [])


@pytest.mark.parametrize(
    ("upper", "left"),
    [
        (tar(("var/lib/dpkg/.wh.status", b"")), None),
        (tar(("var/lib/.wh.dpkg", b"")), None),
        (tar((".wh.var", b"")), None),
        (tar(("var/lib/dpkg/.wh..wh..opq", b"")), None),
        (tar(("var/.wh..wh..opq", b"")), None),
        (tar(("var", b"a file")), None),
        (tar(("var", ("link", "/etc"))), None),
        (tar((STATUS, None)), None),
        (tar((STATUS, b"new"), ("var/lib/dpkg/.wh..wh..opq", b"")), b"new"),
        (tar(("var/lib/dpkg/.wh..wh..opq", b""), (STATUS, b"new")), b"new"),
        (tar(("var/lib/.wh.dpkg", b""), (STATUS, b"new")), b"new"),
        (tar((STATUS, b"new"), ("var/lib/.wh.dpkg", b"")), b"new"),
        (tar(("var/lib/dpkg/.wh.other", b"")), b"old"),
        (tar(("var", None), ("var/lib", None)), b"old"),
    ],
)
def test_layers_take_away_what_they_say(merged, upper, left):
    tree, problems = merged(tar((STATUS, b"old")), upper)
    assert (read(tree, STATUS), problems) == (left, [])


def test_files_behind_links_and_under_two_names_are_found(merged):
    tree, problems = merged(
        tar(("usr/lib/apk/db/installed", b"a"), ("lib", ("link", "usr/lib")), (STATUS, b"s")),
        tar(("lib/apk/db/installed", b"b"), ("var/lib/dpkg/status.d/x", ("hard", STATUS))),
    )
    assert problems == []
    assert read(tree, "usr/lib/apk/db/installed") == read(tree, INSTALLED) == b"b"
    assert read(tree, "var/lib/dpkg/status.d/x") == b"s"


def test_links_of_an_image_never_leave_it(merged):
    tree, _ = merged(tar(("etc/os-release", ("link", "../../../../etc/hostname")), ("lib", ("link", "/../.."))))
    assert read(tree, "etc/os-release") is None
    assert read(tree, "lib/lib/etc/hostname") is None


def test_a_path_that_leads_out_and_a_lost_hard_link_are_named(merged):
    tree, problems = merged(tar(("../../" + STATUS, b"x"), (STATUS, ("hard", "etc/shadow")), (INSTALLED, ("pipe", ""))))
    assert ["leads out" in each.cause or "hard link" in each.cause for each in problems] == [True, True]
    assert read(tree, STATUS) is None
    assert read(tree, INSTALLED) is None


def test_a_bomb_is_refused(merged, monkeypatch):
    monkeypatch.setattr(engine, "ALWAYS_BYTES", 1 << 20)
    _, problems = merged(gzip.compress(tar(("x", bytes(40 << 20)))))
    assert ["more than an honest layer" in each.cause for each in problems] == [True]


def test_a_header_that_claims_gigabytes_is_refused(merged):
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 1 << 32
    _, problems = merged(member.tobuf() + bytes(4096))
    assert ["claims 4294967296 bytes" in each.cause for each in problems] == [True]


def test_a_layer_that_breaks_off_keeps_what_came_before(merged):
    packed = gzip.compress(tar((STATUS, b"s"), ("x", bytes(range(256)) * 4000)))
    tree, problems = merged(packed[:-200])
    assert read(tree, STATUS) == b"s"
    assert len(problems) == 1


def test_a_layer_of_zstd_is_read_where_it_can_be(merged):
    zstd = pytest.importorskip("backports.zstd")
    tree, problems = merged(zstd.compress(tar((STATUS, b"s"))))
    assert (read(tree, STATUS), problems) == (b"s", [])
