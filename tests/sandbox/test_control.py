"""A sandbox is started, named and steered from outside."""

import importlib.util

import pytest

from nephoscope.model.errors import StoreError
from nephoscope.sandbox.control import Sandbox, require_moto, spawn, steer, stop, wait_ready
from nephoscope.sandbox.pace import Pace


def test_the_environment_makes_any_client_talk_to_the_sandbox(tmp_path):
    environment = Sandbox("http://127.0.0.1:1", tmp_path, 1).environment("222222222222", "eu-west-1")
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_ACCESS_KEY_ID"] == "AKIAROOT222222222222"


def test_a_sandbox_that_is_not_there_is_said_to_be_absent():
    with pytest.raises(StoreError, match="nephoscope sandbox up"):
        steer("http://127.0.0.1:1", "health")


def test_a_sandbox_that_cannot_start_is_an_error(tmp_path):
    (tmp_path / "journal.jsonl").write_text("nonsense\n")
    process = spawn(tmp_path, 0, Pace())
    with pytest.raises(StoreError, match="did not start"):
        wait_ready(process, tmp_path)
    stop(process)


def test_moto_is_here_when_the_extra_is():
    require_moto()
    assert importlib.util.find_spec("moto")
