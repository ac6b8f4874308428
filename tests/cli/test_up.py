"""What `nephoscope up` promises: it says what happens as it happens, and stops when asked."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.serving import GitHub, served

from nephoscope.cli._live import Board
from nephoscope.cli._portal import Theatre
from nephoscope.cli.up import _given_up, _let_play, _stopping
from nephoscope.cli.up import up as watch
from nephoscope.clouds import Clouds
from nephoscope.config import Config, Pace, Respond
from nephoscope.model.errors import ConfigError, ContentError, StoreError
from nephoscope.sandbox.journal import own
from nephoscope.store.gaps import list_gaps
from nephoscope.store.lake_socket import connect_lake, is_served
from nephoscope.watch import watching

EARLIER = int((datetime.now(UTC) - timedelta(hours=2)).timestamp() * 1000)
DISABLED = {
    "@timestamp": EARLIER,
    "_document_id": "d1",
    "action": "protected_branch.destroy",
    "actor": "mallory",
    "org": "acme",
}


@pytest.fixture
def up(tmp_path, monkeypatch):
    """`nephoscope up` in a process of its own, watching an organisation; killed afterwards."""
    monkeypatch.setenv("GOOD", "t0ken")
    with served(GitHub([DISABLED])) as url:
        file = tmp_path / "nephoscope.toml"
        file.write_text(
            f'data = "{tmp_path / "data"}"\n[portal]\nport = 0\n[pace]\ncollect_s = 0.2\n'
            f'[sources.acme]\ntype = "github_audit"\n'
            f'organisation = "acme"\napi_url = "{url}"\ntoken_env = "GOOD"\nlookback_s = 10800\nwindow_s = 3600\n'
        )
        command = [sys.executable, "-m", "nephoscope", "up", "--config", str(file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        watchdog = threading.Timer(150, process.kill)
        watchdog.start()
        yield process, tmp_path / "data"
        watchdog.cancel()
        process.kill()
        process.communicate()


def test_it_says_where_everything_is_kept_what_was_read_and_stops_at_ctrl_c(up):
    process, data = up
    seen = []
    for line in process.stdout:
        seen.append(line)
        if "read " in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=90)[0]
    text = "".join(seen)

    assert f"everything is kept in {data}" in text
    assert "ready" in text
    assert re.search(r"the portal: http://localhost:\d+/setup#\S{40,}", text)
    assert "acme (github_audit)" in text
    assert rest.endswith("stopped; everything is kept, start again to go on\n")
    assert process.returncode == 0
    assert not is_served(data)


@pytest.fixture
def stopping():
    """What Ctrl-C sets, with the handlers that this process had before put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield _stopping()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_ctrl_c_breaks_off_what_may_be_broken_off_and_waits_for_the_rest(stopping):
    with _given_up(stopping):
        stopping.is_hasty = True
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")
    assert stopping.is_set()

    stopping.clear()
    stopping.is_hasty = False
    with pytest.raises(KeyboardInterrupt), _given_up(stopping):
        signal.raise_signal(signal.SIGINT)


def test_signals_that_come_together_or_while_somebody_waits_block_nobody(stopping):
    with stopping._cond:  # as inside of wait(): a handler that sets the event would wait for itself
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert not stopping.is_set()
    assert stopping.is_asked(0)
    assert stopping.is_set()


@pytest.mark.slow
def test_ctrl_c_while_the_sandbox_is_built_ends_it_at_once_and_leaves_nothing_running(tmp_path):
    pytest.importorskip("moto")
    command = [sys.executable, "-m", "nephoscope", "up", "--config", os.devnull, "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        watchdog = threading.Timer(150, process.kill)
        watchdog.start()
        for line in process.stdout:
            if "building the company" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=90)[0]
        watchdog.cancel()

    assert process.returncode == 0
    assert rest.endswith("stopped; everything is kept, start again to go on\n")
    assert "ready" not in rest
    os.close(own(tmp_path / "sandbox" / "aws"))  # nobody holds it any more


def test_a_rule_that_does_not_load_is_a_gap_and_the_lake_is_served_until_the_end(tmp_path):
    content = tmp_path / "content"
    content.mkdir(mode=0o700)
    (content / "broken.yml").write_text("title: [")
    settings = Config(tmp_path / "data", content=(content,), pace=Pace(0.1, 0.1, 0.1))

    with watching(settings, Clouds(), Board("test")) as watch:
        with connect_lake(settings.data) as lake:
            assert lake.rows("SELECT count() AS events FROM events") == [{"events": 0}]
        with watch.stores.ledger.read() as connection:
            [known] = list_gaps(connection)
    assert (known.gap.area, "broken.yml" in known.gap.subject) == ("rule", True)
    assert not is_served(settings.data)


def test_a_start_that_fails_lets_go_of_everything_so_that_the_next_can_begin(tmp_path):
    wrong = Config(tmp_path / "data", respond=Respond(protected=("((",)))
    with pytest.raises(ContentError), watching(wrong, Clouds(), Board("test")):
        pass

    assert not is_served(wrong.data)
    with watching(Config(tmp_path / "data"), Clouds(), Board("test")):
        assert is_served(wrong.data)


def test_a_route_that_is_written_wrong_is_said_before_anything_is_started(tmp_path):
    config = tmp_path / "nephoscope.toml"
    config.write_text('[exporters.here]\ntype = "console"\n[routes.all]\nto = ["here"]\ndigest = "hourly"\n')

    with pytest.raises(ConfigError, match="routes.all: 'hourly' is no time of a digest"):
        watch(config, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_source_that_waits_out_a_providers_limit_stops_when_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOD", "t0ken")
    asked = threading.Event()

    def limited(*_):
        asked.set()
        return 429, {"Retry-After": "50"}, b""

    with served(limited) as url:
        acme = {"type": "github_audit", "organisation": "acme", "api_url": url, "token_env": "GOOD"}
        with watching(Config(tmp_path / "data", sources={"acme": acme}), Clouds(), Board("test")) as watch:
            assert asked.wait(30)
            began = time.monotonic()
            assert watch.jobs.stop() == []
            assert time.monotonic() - began < 15
        assert not watch.stores.listener.gaps


def test_a_folder_is_watched_by_one_at_a_time(tmp_path):
    settings = Config(tmp_path / "data")

    with (
        watching(settings, Clouds(), Board("first")),
        pytest.raises(StoreError, match="held by"),
        watching(settings, Clouds(), Board("second")),
    ):
        pytest.fail("two watch one folder")


class Stage:
    """A sandbox's stage whose incidents break off, or have all played."""

    def __init__(self, name):
        self.name = name

    def next_incident(self):
        return self.name

    def play(self, name, pace_s, tell):
        tell("ListUsers")
        raise ConnectionError("the sandbox went away")


class Read:
    """A watch that has looked at everything once."""

    has_read_all = True


def played(name):
    """What the board says of an incident that was to play."""
    said, stopping = [], threading.Event()
    board = Board("test", said.append)
    _let_play(Theatre(Stage(name), board, stopping), Read(), board, stopping)
    for thread in threading.enumerate():
        if thread.name == "incident":
            thread.join(10)
    return said


def test_an_incident_that_breaks_off_is_said_and_watching_goes_on():
    assert played("leaked_access_key") == [
        "an incident begins: leaked access key",
        "  attacker: ListUsers",
        "the incident broke off: ConnectionError: the sandbox went away",
    ]


def test_when_every_incident_has_played_it_says_how_to_play_one_again():
    [said] = played("")

    assert "nephoscope sandbox incident" in said
