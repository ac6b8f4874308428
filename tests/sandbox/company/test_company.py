import msgspec
import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox.company import Company, seed

pytestmark = pytest.mark.slow


def test_the_company_has_about_400_resources_of_25_types_and_more(company, told):
    assert len(company.resources) >= 400
    assert len(company.counts()) >= 25
    assert {resource.region for resource in company.resources} == set(company.regions)
    assert {resource.account for resource in company.resources} == {each.id for each in company.accounts}
    assert len(told) > 5


def test_every_resource_is_listed_once(company):
    assert len(set(company.resources)) == len(company.resources)


def test_a_company_can_be_saved_and_read_again(company):
    assert msgspec.json.decode(msgspec.json.encode(company), type=Company) == company


@pytest.mark.parametrize("endpoint", ["https://ec2.amazonaws.com", "http://10.0.0.1:5000", "ftp://127.0.0.1", ""])
def test_nothing_but_the_loopback_is_seeded(endpoint):
    with pytest.raises(ConfigError, match="loopback"):
        seed(endpoint)
