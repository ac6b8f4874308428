import io
import json

import pytest
from tests.scan.images.made import digest_of, layout, saved

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.images.manifest import image_of


class Held:
    """Blobs in memory."""

    def __init__(self, contents):
        self.contents = contents

    def open(self, path):
        if path not in self.contents:
            raise Absent(path, "is not there")
        return io.BytesIO(self.contents[path])


def test_a_saved_image_names_its_layers_by_what_they_unpack_to():
    image = image_of(Held(saved(b"1", b"2")), "")
    assert (image.platform, image.problems) == ("linux/amd64", [])
    assert [(each.path, each.name) for each in image.layers] == [
        ("0/layer.tar", digest_of(b"1")),
        ("1/layer.tar", digest_of(b"2")),
    ]


def test_a_layout_names_its_layers_by_what_is_stored():
    image = image_of(Held(layout({"linux/amd64": [b"1"]}, bytes)), "linux/amd64")
    assert [each.digest for each in image.layers] == [digest_of(b"1")]
    assert image.problems == []


def test_an_index_that_holds_itself_ends_and_so_do_indexes_without_end():
    files = layout({"linux/amd64": [b"1"]})
    inner = json.loads(files["index.json"])["manifests"][0]
    files["blobs/" + inner["digest"].replace(":", "/")] = files["index.json"]
    with pytest.raises(TreeError, match="there are: none"):
        image_of(Held(files), "")
    for _ in range(5):
        content = json.dumps({"manifests": [inner]}).encode()
        inner = {**inner, "digest": digest_of(content)}
        files["blobs/" + inner["digest"].replace(":", "/")] = content
    files["index.json"] = json.dumps({"manifests": [inner]}).encode()
    with pytest.raises(TreeError, match="within more than 3"):
        image_of(Held(files), "")
    files["index.json"] = json.dumps({"manifests": [{"digest": f"sha256:{number}"} for number in range(2000)]}).encode()
    with pytest.raises(TreeError, match="more than 1000 images"):
        image_of(Held(files), "")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000, b'{"manifests": [{"digest": 1}]}'])
def test_what_is_no_manifest_says_so(content):
    with pytest.raises(TreeError, match="index.json: is not as it should be"):
        image_of(Held({"index.json": content}), "")


def test_several_images_for_one_platform_are_told():
    files = saved(b"1")
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) * 2).encode()
    image = image_of(Held(files), "")
    assert "names 2 images" in image.problems[0].cause


def test_an_image_of_endless_layers_is_refused():
    with pytest.raises(TreeError, match="names 201 layers"):
        image_of(Held(saved(*[b"1"] * 201)), "")
    image = image_of(Held(layout({"linux/amd64": [b"1"] * 201})), "")
    assert (list(image.layers), "names 201 layers" in image.problems[0].cause) == ([], True)
