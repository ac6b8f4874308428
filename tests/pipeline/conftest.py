import pytest
from tests.flows.folder_source import listener

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.keep import Stores
from nephoscope.store.ledger import open_ledger

ACCOUNT = "111122223333"


@pytest.fixture
def stores(lake, tmp_path):
    """Fresh stores."""
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Stores(lake, ledger, listener())


@pytest.fixture
def aws():
    """An account that nothing answers for."""
    return Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="s"),), "http://127.0.0.1:9")
