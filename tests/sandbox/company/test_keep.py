import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox.company import Company, Resource
from nephoscope.sandbox.company.keep import keep, recall
from nephoscope.sandbox.company.organisation import Account, Logs
from nephoscope.sandbox.company.reach import Keys

OLD, NEW = "http://127.0.0.1:4577", "http://127.0.0.1:5001"
QUEUES = "https://sqs.us-east-1.amazonaws.com/111111111111"


@pytest.fixture
def company():
    """A company of one resource."""
    accounts = [Account(str(number) * 12, name) for number, name in enumerate(("security", "production", "dev"), 1)]
    logs = Logs("trail", f"{QUEUES}/trail", "flow", f"{QUEUES}/flow")
    made = (Resource("AWS::SQS::Queue", "1" * 12, "us-east-1", "q"),)
    return Company(OLD, "o-1", *accounts, Keys("AKIA"), logs, "cache", "customers", resources=made)


def test_a_company_is_found_again_where_its_sandbox_answers_now(company, tmp_path):
    path = keep(company, tmp_path / "sandbox")
    found = recall(path.parent, NEW)
    assert found.endpoint_url == NEW
    assert found.logs == company.logs
    assert (found.accounts, found.resources, found.product) == (company.accounts, company.resources, company.product)


def test_only_its_owner_may_read_what_holds_keys(company, tmp_path):
    assert keep(company, tmp_path).stat().st_mode & 0o077 == 0


def test_without_a_company_the_way_to_one_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nephoscope sandbox seed"):
        recall(tmp_path, NEW)


def test_what_is_no_company_is_named_with_its_file(tmp_path):
    (tmp_path / "company.json").write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="company.json"):
        recall(tmp_path, NEW)
