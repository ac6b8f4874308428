import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto import mock_aws

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.clouds.permission import permission_of
from nephoscope.inventory.engine import readers
from nephoscope.inventory.resource import Memo, View
from nephoscope.model.errors import AccessDenied

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

    def read_all(resource_type):
        reader = readers()[resource_type]
        view.aws.used.clear()
        read = [reader.item(view, one) for one in reader.find(view)]
        found = [item for item in read if item is not None]
        assert view.aws.used <= set(reader.permissions), "a permission is not declared"
        for item in found:
            assert not problems(item, reader), problems(item, reader)
        return found

    return read_all


def problems(item, reader):
    """What CloudFormation's schema has against an item's configuration, satellites and the unread set aside."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = schema_of(item.type)
    if schema is None:
        return []
    schema = without_required(schema, {path.rpartition("/")[2] for path in schema.get("writeOnlyProperties", ())})
    own = {
        key: value for key, value in item.configuration.items() if key not in reader.satellites and value is not None
    }
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(own)]


def schema_of(resource_type):
    cfnlint = pytest.importorskip("cfnlint")
    root = Path(cfnlint.__file__).parent / "data" / "schemas"
    by_type = json.loads((root / "providers" / "us-east-1.json").read_text())
    if resource_type not in by_type:
        return None
    text = (root / "resources" / f"{by_type[resource_type]}.json").read_text()
    return json.loads(text, object_hook=without_foreign_patterns)


def without_required(schema, unread):
    """A schema that does not ask for what the provider never tells, nor for what is declared as not collected."""
    if isinstance(schema, list):
        return [without_required(one, unread) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {key: without_required(value, unread) for key, value in schema.items()}
    if isinstance(shown.get("required"), list):
        shown["required"] = [name for name in shown["required"] if name not in unread]
    return shown


def without_foreign_patterns(schema):
    r"""A schema whose patterns Python's `re` can read; `\p{…}` it cannot."""
    return {key: value for key, value in schema.items() if key != "pattern" or "\\p" not in str(value)}


@pytest.fixture
def denying():
    """A view on which one operation is refused, as IAM refuses it; all others go through."""

    def deny(view, operation):
        return replace(view, aws=Denying(view.aws, operation), memo=Memo())

    return deny


class Denying:
    """AWS as given, one operation of which is not permitted."""

    def __init__(self, aws, operation):
        self.aws = aws
        self.operation = operation
        self.denials = 0

    def call(self, service, operation, **params):
        self._check(service, operation)
        return self.aws.call(service, operation, **params)

    def pages(self, service, operation, **params):
        self._check(service, operation)
        return self.aws.pages(service, operation, **params)

    def _check(self, service, operation):
        if operation == self.operation:
            self.denials += 1
            denied = AccessDenied(f"{service}:{operation}", "AccessDenied", "not authorized")
            denied.permission = permission_of(service, operation)
            raise denied
