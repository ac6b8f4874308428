import pytest

from nephoscope.agent.baseline import check_baseline, make_baseline, place_of, signature_of
from nephoscope.model.errors import CustodyError
from nephoscope.signing import opened_key
from nephoscope.verify.baseline import opened_baseline, refuse_unsigned, sign_baseline


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_text("x")
    return tmp_path / "tree"


def checked(tree, file, share=0.0):
    found = []
    with opened_baseline(file) as manifest:
        return found, check_baseline(place_of(tree), file, manifest, share, found.append)


def test_a_signed_baseline_is_accepted_by_its_key_alone_and_not_once_altered(tree, tmp_path):
    file = tmp_path / "b"
    keys = {}
    for name in ("own", "other"):
        keys[name] = tmp_path / f"{name}.pub"
        keys[name].write_text(opened_key(tmp_path / name).public)
    made = make_baseline(place_of(tree), file)
    sign_baseline(file, made["sha256"], made["root"], tmp_path / "own")
    envelope = signature_of(file).read_bytes()

    refuse_unsigned(file, made["sha256"], keys["own"])
    with pytest.raises(CustodyError, match="is not signed by"):
        refuse_unsigned(file, made["sha256"], keys["other"])

    (tree / "file").write_text("evil")
    again = make_baseline(place_of(tree), file)
    with pytest.raises(CustodyError, match="cannot be read"):
        refuse_unsigned(file, again["sha256"], keys["own"])
    signature_of(file).write_bytes(envelope)
    with pytest.raises(CustodyError, match="what was signed is not this file"):
        refuse_unsigned(file, again["sha256"], keys["own"])
