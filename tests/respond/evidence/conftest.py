"""A vault in a folder, and a run's evidence in it."""

from datetime import UTC, datetime

import pytest

from nephoscope.config import Config, Evidence
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.store.ledger import open_ledger

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def config(tmp_path):
    """An installation whose evidence lies in `evidence`."""
    return Config(data=tmp_path / "data", evidence=Evidence(folder=tmp_path / "evidence"))


@pytest.fixture
def ledger(config):
    """The installation's ledger."""
    with open_ledger(config.ledger_url) as opened:
        yield opened


@pytest.fixture
def vault(config, ledger):
    """The installation's vault."""
    return opened_vault(config, ledger)


@pytest.fixture
def keep():
    """`keep(box, name, content)`: add a capture of the usual kind."""

    def add(box, name, content):
        return box.add(name, content, media_type="text/plain", source="ec2:DescribeInstances", captured_at=AT)

    return add


@pytest.fixture
def sealed(vault, keep):
    """Three sealed runs of three captures each; gives the installation's vault."""
    for run in ("run-1", "run-2", "run-3"):
        box = vault.box(run, case="case", finding="finding")
        for number in (1, 2, 3):
            keep(box, f"facts/{number}.txt", f"{run} fact {number}".encode())
        box.seal()
    return vault
