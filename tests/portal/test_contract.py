import subprocess
import sys

from nephoscope.portal import contract
from nephoscope.portal.app import make_app
from nephoscope.portal.bare import bare_portal


def test_every_operation_says_what_it_needs_and_that_it_may_end_in_a_problem():
    document = contract.of(make_app(bare_portal()))
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    assert all(operation["x-permission"] for operation in operations)
    assert all("4XX" in operation["responses"] for operation in operations)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["paths"]["/api/v1/events/sql"]["post"]["x-permission"] == "sql"


def test_a_command_writes_it(tmp_path):
    file = tmp_path / "openapi.json"
    subprocess.run([sys.executable, "-m", "nephoscope.portal.contract", str(file)], check=True, timeout=120)

    assert file.read_text() == contract.text_of(make_app(bare_portal()))
