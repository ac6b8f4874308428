import gzip
import json
import random

import pytest
from tests.agent.packages.made import DEBIAN, put
from tests.scan.images.made import layout, saved, tar

from nephoscope.agent.packages.package import Package
from nephoscope.scan.target import kind_of, targets

BASE = ("etc/os-release", DEBIAN.encode())


def status(*names):
    lines = "".join(f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n" for name in names)
    return ("var/lib/dpkg/status", lines.encode())


def looked(path, platform=""):
    assert kind_of(path) == "image"
    found = list(targets()["image"].look(path, platform))
    return (
        {each.name: each.layer for each in found if isinstance(each, Package)},
        [each for each in found if not isinstance(each, Package)],
    )


def archived(folder, files):
    path = folder / "image.tar"
    path.write_bytes(tar(*files.items()))
    return path


LAYERS = (tar(BASE, status("a", "b")), tar(("x", b"")), tar(status("a", "c")))


@pytest.mark.parametrize("kind", ["saved", "oci tar", "oci folder", "oci plain"])
def test_every_kind_of_image_holds_the_same_packages_and_says_their_layers(tmp_path, kind):
    if kind == "saved":
        path = archived(tmp_path, saved(*LAYERS))
    elif kind == "oci tar":
        path = archived(tmp_path, layout({"linux/amd64": LAYERS}))
    else:
        pack = gzip.compress if kind == "oci folder" else bytes
        path = put(tmp_path / "oci", layout({"linux/amd64": LAYERS}, pack))
    packages, problems = looked(path)
    assert problems == []
    assert set(packages) == {"a", "c"}
    assert packages["a"] != packages["c"]
    assert all(name.startswith("sha256:") for name in packages.values())


def test_the_image_is_chosen_by_platform(tmp_path):
    images = {"linux/arm64": [tar(BASE, status("arm"))], "linux/amd64": [tar(BASE, status("amd"))]}
    path = put(tmp_path, layout(images))
    assert set(looked(path)[0]) == {"amd"}
    assert set(looked(path, "linux/arm64")[0]) == {"arm"}
    packages, (problem,) = looked(path, "linux/s390x")
    assert packages == {}
    assert problem.cause == "names no image for linux/s390x; there are: linux/amd64, linux/arm64"
    only = put(tmp_path / "only", layout({"linux/arm64": images["linux/arm64"]}))
    assert set(looked(only)[0]) == {"arm"}


@pytest.mark.parametrize("part", ["layer", "config"])
def test_a_lying_digest_is_named(tmp_path, part):
    files = layout({"linux/amd64": LAYERS}, bytes)
    index = json.loads(files["index.json"])
    inner = json.loads(files["blobs/" + index["manifests"][0]["digest"].replace(":", "/")])
    manifest = json.loads(files["blobs/" + inner["manifests"][0]["digest"].replace(":", "/")])
    digest = manifest["layers"][0]["digest"] if part == "layer" else manifest["config"]["digest"]
    files["blobs/" + digest.replace(":", "/")] += bytes(512) if part == "layer" else b" "
    _, (problem,) = looked(put(tmp_path, files))
    assert digest in problem.location.replace("blobs/sha256/", "sha256:")
    assert "is not what its digest says" in problem.cause


def test_a_saved_layer_that_is_not_its_images_is_named(tmp_path):
    files = saved(*LAYERS)
    files["2/layer.tar"] = tar(status("evil"))
    packages, (problem,) = looked(archived(tmp_path, files))
    assert set(packages) == {"evil"}
    assert "is not what its digest says" in problem.cause


def test_a_layer_that_is_missing_is_named_and_the_rest_goes_on(tmp_path):
    files = saved(*LAYERS)
    del files["1/layer.tar"]
    packages, (problem,) = looked(archived(tmp_path, files))
    assert set(packages) == {"a", "c"}
    assert "is not in the archive" in problem.cause


def test_what_is_no_image_says_so(tmp_path):
    packages, (problem,) = looked(archived(tmp_path, {"x": b""}))
    assert packages == {}
    assert problem.location == "manifest.json"


def test_no_change_of_an_image_makes_reading_fail(tmp_path):
    chance = random.Random(4)
    content = archived(tmp_path, layout({"linux/amd64": LAYERS})).read_bytes()
    for _ in range(100):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 20)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        if chance.random() < 0.2:
            del changed[chance.randrange(600, len(changed)) :]
        changed[257:262] = b"ustar"
        (tmp_path / "image.tar").write_bytes(bytes(changed))
        looked(tmp_path / "image.tar")
