import base64

import pytest

from nephoscope.agent import enrol, identity
from nephoscope.agent.client import Client, Refused, Unreachable
from nephoscope.agent.identity import Folder, StateError
from nephoscope.agent.policy import PolicyError
from tests.agent.gateway import FINGERPRINT, TOKEN


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path / "state"))


def join(folder, host, gateway, token=TOKEN):
    return enrol.enrol(folder, host, gateway.url, token, 100, None)


def test_a_host_enrols_with_a_key_of_its_own(folder, host, gateway):
    made, state = join(folder, host, gateway)
    [told] = gateway.enrolments

    assert state == "enrolled"
    assert identity.load(folder) == made
    assert made.fingerprint == FINGERPRINT
    assert base64.b64decode(told["key"]) == made.key
    assert (told["hostname"], told["machine_id"]) == ("host-7", "0123456789abcdef0123456789abcdef")
    assert told["os"]["id"] == "debian"
    assert told["cloud"] is None
    assert told["image"] is None


def test_a_wrong_token_enrols_nobody(folder, host, gateway):
    with pytest.raises(Refused, match="403 token"):
        join(folder, host, gateway, TOKEN.replace("s", "t"))
    with pytest.raises(StateError, match="not enrolled"):
        identity.load(folder)


def test_a_gateway_with_another_policy_key_is_refused(folder, host, gateway):
    token = TOKEN[:-32] + "0" * 32
    gateway.answers["/fleet/v1/enrol"] = [gateway.enrol({"token": TOKEN, "key": base64.b64encode(b"k" * 32).decode()})]
    with pytest.raises(PolicyError, match="another gateway"):
        join(folder, host, gateway, token)
    with pytest.raises(StateError, match="not enrolled"):
        identity.load(folder)


def test_an_id_that_is_not_our_keys_is_refused(folder, host, gateway):
    gateway.answers["/fleet/v1/enrol"] = [gateway.enrol({"token": TOKEN, "key": base64.b64encode(b"k" * 32).decode()})]
    with pytest.raises(PolicyError, match="not our key's"):
        join(folder, host, gateway)


def test_a_try_that_was_cut_off_goes_on_with_the_same_key(folder, host, gateway):
    gateway.answers["/fleet/v1/enrol"] = [(200, ["no answer"], {})]
    with pytest.raises(Unreachable):
        join(folder, host, gateway)
    pending = folder.read(enrol.PENDING)
    made, _ = join(folder, host, gateway)

    assert made.key == pending
    with pytest.raises(FileNotFoundError):
        folder.read(enrol.PENDING)


def test_an_image_that_names_itself_is_told(folder, host, gateway, tree):
    tree({enrol.IMAGE: '{"id": "ami-1"}'})
    join(folder, host, gateway)
    assert gateway.enrolments[0]["image"] == {"id": "ami-1"}


def test_a_file_without_a_token_is_named_and_its_content_is_not(tmp_path):
    (tmp_path / "token").write_text("njt_secret")
    with pytest.raises(StateError, match="holds no join token") as found:
        enrol.read_token(str(tmp_path / "token"))

    assert "secret" not in str(found.value)
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert enrol.read_token(str(tmp_path / "token")) == TOKEN
    with pytest.raises(StateError, match="No such file"):
        enrol.read_token(str(tmp_path / "none"))


def test_a_key_is_renewed_and_the_chain_goes_on(folder, host, gateway):
    made, _ = join(folder, host, gateway)
    renewed = enrol.renew(folder, made, Client(gateway.url, made.key, "1"), 200)

    assert renewed.agent != made.agent
    assert (renewed.chain, renewed.renewed) == (made.chain, 200)
    assert identity.load(folder) == renewed
    assert enrol.renewing(folder) is None


def test_leaving_is_told_and_forgets_the_identity(folder, host, gateway):
    made, _ = join(folder, host, gateway)
    enrol.leave(folder, made, Client(gateway.url, made.key, "1"))

    assert gateway.left == [made.agent]
    with pytest.raises(StateError, match="not enrolled"):
        identity.load(folder)


def test_leaving_a_gateway_that_does_not_answer_forgets_nothing(folder, host, gateway):
    made, _ = join(folder, host, gateway)
    gateway.answers["/fleet/v1/leave"] = [(503, {}, {})]
    with pytest.raises(Refused):
        enrol.leave(folder, made, Client(gateway.url, made.key, "1"))
    assert identity.load(folder) == made
    gateway.keys.clear()
    enrol.leave(folder, made, Client(gateway.url, made.key, "1"))


def test_a_stop_is_kept(folder):
    assert enrol.stopped(folder) == ""
    enrol.stop(folder, "two hosts use one key", 1)
    assert enrol.stopped(folder) == "two hosts use one key"
    folder.write(enrol.STOPPED, b"{")
    assert "is broken" in enrol.stopped(folder)


def test_a_machine_is_told_from_its_copy(host, tree):
    before = enrol.machine(host)
    tree({"/sys/class/dmi/id/product_uuid": "EC2-1\n"})
    assert enrol.machine(host) != before
