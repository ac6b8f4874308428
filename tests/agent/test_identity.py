import json

import pytest

from nephoscope.agent import identity
from nephoscope.agent.identity import Folder, Identity, StateError

KEY = bytes(range(32))


def an_identity(**changes):
    fields = {
        "key": KEY,
        "server": "https://gateway",
        "policy_key": "PEM",
        "fingerprint": "f" * 64,
        "enrolled": 1,
        "renewed": 1,
        "hostname": "host-7",
        "machine": "m",
        "chain": identity.agent_id(KEY),
    }
    return Identity(**fields | changes)


def test_an_id_comes_from_the_key():
    assert identity.agent_id(KEY) == "9f4699cd5ce2d2c22b4e6f6347e13ec4"
    assert identity.agent_id(KEY) != identity.agent_id(KEY[::-1])


def test_a_signature_covers_every_part_of_a_request():
    parts = {"method": "POST", "path": "/fleet/v1/upload", "body": b"x", "time": 1, "nonce": "n"}
    whole = identity.signature(KEY, **parts)
    others = {"method": "GET", "path": "/fleet/v1/upload?x", "body": b"y", "time": 2, "nonce": "m"}

    assert all(identity.signature(KEY, **parts | {name: value}) != whole for name, value in others.items())
    assert identity.signature(KEY[::-1], **parts) != whole


def test_an_identity_is_kept_for_us_alone(tmp_path):
    folder = Folder(str(tmp_path / "state"))
    identity.save(folder, an_identity())

    assert identity.load(folder) == an_identity()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state/identity.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_may_open_is_refused(tmp_path):
    (tmp_path / "state").mkdir(mode=0o755)
    with pytest.raises(StateError, match="is open to others"):
        Folder(str(tmp_path / "state"))


def test_a_link_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to(tmp_path / "real")
    with pytest.raises(StateError, match="is no folder"):
        Folder(str(tmp_path / "state"))


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"key": "AAAA"}), "[]"])
def test_a_broken_identity_says_what_to_do(tmp_path, text):
    folder = Folder(str(tmp_path / "state"))
    folder.write("identity.json", text.encode())
    with pytest.raises(StateError, match="enrol again"):
        identity.load(folder)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    folder = Folder(str(tmp_path / "state"))
    folder.write("x", b"old")
    (tmp_path / "state/x.new").mkdir()
    with pytest.raises(StateError):
        folder.write("x", b"new")

    assert folder.read("x") == b"old"
