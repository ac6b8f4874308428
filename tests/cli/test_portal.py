import re
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from nephoscope.cli import app
from nephoscope.store.audit import Entry, record
from nephoscope.store.ledger import open_ledger
from nephoscope.store.users import known_link


@pytest.fixture
def data(tmp_path):
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger, ledger.write() as connection:
        record(connection, Entry("u", "Ada", "session", "", "sign in"), datetime.now(UTC))
    return tmp_path


def run(data, *arguments):
    return CliRunner().invoke(app, ["portal", *arguments, "--data", str(data)], standalone_mode=False)


def test_a_new_link_is_printed_and_the_earlier_one_is_void(data):
    tokens = []
    for _ in range(2):
        [token] = re.findall(r"^http://localhost:8650/setup#(\S+)$", run(data, "setup-link").output, re.MULTILINE)
        tokens.append(token)

    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.read() as connection:
        known = [known_link(connection, token, datetime.now(UTC)) for token in tokens]
    assert known == [None, ("setup", "")]


def test_the_audit_log_is_verified(data):
    whole = run(data, "audit", "verify", "--format", "text")
    with open_ledger(str(data / "ledger.sqlite")) as ledger, ledger.write() as connection:
        connection.exec_driver_sql("DELETE FROM portal_audit")
    broken = run(data, "audit", "verify", "--format", "text")

    assert (whole.return_value, "1 rows" in whole.output) == (0, True)
    assert (broken.return_value, "broken at row 1" in broken.output) == (1, True)
