import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.engine import readers
from nephoscope.inventory.resource import View

ACCOUNT = "123456789012"
REGION = "us-east-1"


@pytest.fixture
def aws(monkeypatch):
    """A simulated account, reached by keys that were named."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="secret"),))


@pytest.fixture
def view(aws):
    return View(aws, ACCOUNT, REGION, datetime.now(UTC))


@pytest.fixture
def items(view):
    """All items of a resource type, each of them checked against CloudFormation's schema and its declarations."""

    def read(resource_type):
        reader = readers()[resource_type]
        view.aws.used.clear()
        found = [reader.item(view, one) for one in reader.find(view)]
        assert view.aws.used <= set(reader.permissions), "a permission is not declared"
        for item in found:
            assert not problems(item, reader), problems(item, reader)
        return found

    return read


def problems(item, reader):
    """What CloudFormation's schema has against an item's configuration, satellites and the unread set aside."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = schema_of(item.type)
    if schema is None:
        return []
    schema = {key: value for key, value in schema.items() if key != "required"}
    own = {key: value for key, value in item.configuration.items() if key not in reader.satellites}
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(own)]


def schema_of(resource_type):
    cfnlint = pytest.importorskip("cfnlint")
    root = Path(cfnlint.__file__).parent / "data" / "schemas"
    by_type = json.loads((root / "providers" / "us-east-1.json").read_text())
    if resource_type not in by_type:
        return None
    return json.loads((root / "resources" / f"{by_type[resource_type]}.json").read_text())
