import json

import pytest

from nephoscope.agent.baseline import check_baseline, make_baseline, place_of, seen_of
from nephoscope.agent.manifest import Manifest


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_text("x")
    return tmp_path / "tree"


def checked(tree, file, share=0.0):
    found = []
    with Manifest(str(file)) as manifest:
        return found, check_baseline(place_of(tree), file, manifest, share, found.append)


def test_a_baseline_within_its_own_tree_does_not_change_it(tree):
    file = tree / "baseline"
    make_baseline(place_of(tree), file)

    found, seen = checked(tree, file, share=1.0)

    assert found == []
    assert seen.oldest_hash_at is not None


@pytest.mark.parametrize("said", ["", "[", "[1]", '["x"]', "{}"])
def test_when_parts_were_read_is_not_made_up(tree, tmp_path, said):
    make_baseline(place_of(tree), tmp_path / "b")
    seen_of(tmp_path / "b").write_text(said)

    assert checked(tree, tmp_path / "b")[1].oldest_hash_at is None
    assert checked(tree, tmp_path / "b", share=1.0)[1].oldest_hash_at is not None


def test_a_clock_that_was_put_back_makes_parts_unread(tree, tmp_path):
    make_baseline(place_of(tree), tmp_path / "b")
    seen_of(tmp_path / "b").write_text(json.dumps([4e9] * 240))

    assert checked(tree, tmp_path / "b")[1].oldest_hash_at is None


def test_a_tree_within_a_system_goes_by_its_path_there(tree, tmp_path):
    assert place_of(tree).prefix == str(tree.resolve())
    (tree / "lib/apk/db").mkdir(parents=True)
    (tree / "lib/apk/db/installed").touch()
    assert place_of(tree).prefix == ""
