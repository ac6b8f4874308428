"""findings ─ export ─► receiver, with processes that die and a receiver that is not there."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from nephoscope.store.deliveries import count_deliveries
from nephoscope.store.findings import resolve_findings, upsert_findings
from nephoscope.store.ledger import open_ledger
from tests.export.conftest import receiver  # noqa: F401  fixture
from tests.store.samples import failed_check

PROCESS = """
import sys, os
from pathlib import Path
from nephoscope.config import load
from nephoscope.keep import Stores
from nephoscope.pipeline.exports import notices_of
from nephoscope.store.ledger import open_ledger

class NoLake:
    def rows(self, *_): return []

class Nobody:
    def found(self, finding): pass
    def cannot_see(self, gap): pass
    def sees_again(self, gap): pass

config = load(Path(sys.argv[1]))
with open_ledger(config.ledger_url) as ledger:
    [notices] = notices_of(config, Stores(NoLake(), ledger, Nobody()))
    while notices.round():
        pass
"""
TOML = """
[exporters.hook]
type = "webhook"
url = "{url}/hook"
secret_env = "HOOK_SECRET"
allow_private = true
from_start = true
[routes.all]
to = ["hook"]
"""
COUNT = 12


@pytest.fixture
def folder(tmp_path, receiver):  # noqa: F811
    """A data folder with findings, some of them resolved, and a configuration that tells a webhook of them."""
    (tmp_path / "nephoscope.toml").write_text(TOML.format(url=receiver.url))
    found = [failed_check(f"bucket-{number}") for number in range(COUNT)]
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger, ledger.write() as connection:
        upsert_findings(connection, found)
        resolve_findings(connection, [each.uid for each in found[::3]], "it passes")
    return tmp_path


def process(folder):
    """A process that sends what there is, and ends."""
    environment = os.environ | {"NEPHOSCOPE_DATA": str(folder), "HOOK_SECRET": "shared"}
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(folder / "nephoscope.toml")], env=environment, stderr=subprocess.PIPE
    )


@pytest.mark.slow
def test_killed_while_the_receiver_takes_a_notice_it_is_sent_again_under_the_same_key_and_nothing_else_is(
    folder,
    receiver,  # noqa: F811
):
    running = []

    def take(method, path, body):
        if len(receiver.asked) in (1, 4, 9):
            os.kill(running[-1].pid, signal.SIGKILL)
        return 200, "ok"

    receiver.answers = [take]
    for _ in range(4):
        running.append(process(folder))
        _, said = running[-1].communicate(timeout=120)
        assert running[-1].returncode in (0, -signal.SIGKILL), said.decode()

    keys = Counter(headers["Idempotency-Key"] for _, _, headers, _ in receiver.asked)
    assert [each.returncode for each in running] == [-signal.SIGKILL] * 3 + [0]
    assert len(keys) == COUNT + COUNT // 3
    assert sorted(keys.values(), reverse=True)[:4] == [2, 2, 2, 1]
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, ledger.read() as connection:
        assert count_deliveries(connection) == {"hook": {"sent": COUNT + COUNT // 3}}


@pytest.mark.slow
def test_while_the_receiver_is_down_nothing_is_lost_over_restarts_and_each_finding_keeps_its_order(
    folder,
    receiver,  # noqa: F811
):
    for answers in ([(503, "down")], [(503, "down")], [(200, "ok")]):
        receiver.answers = answers
        ended = process(folder)
        _, said = ended.communicate(timeout=120)
        assert ended.returncode == 0, said.decode()
        _wait_no_more(folder)

    taken = [document for document in receiver.documents if document["finding"]["resource_id"]][2:]
    by_finding = {}
    for document in taken:
        by_finding.setdefault(document["finding"]["uid"], []).append(document["what"])
    assert len(by_finding) == COUNT
    assert set(map(tuple, by_finding.values())) == {("opened",), ("opened", "resolved")}


def _wait_no_more(folder):
    """Let the pause after a failure be over."""
    with open_ledger(str(folder / "ledger.sqlite")) as ledger, ledger.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET due_at = 0")
