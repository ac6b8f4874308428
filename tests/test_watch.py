import pytest

from nephoscope.config import Account, Config
from nephoscope.model.errors import ConfigError
from nephoscope.watch import sources_of

TRAIL = {"type": "aws_cloudtrail", "bucket": "logs"}
ONE = {"audit": Account("111122223333", profile="audit")}
TWO = ONE | {"other": Account("444455556666", profile="other")}


def made(tmp_path, accounts, **settings):
    return sources_of(Config(tmp_path, accounts=accounts, sources={"trail": TRAIL | settings}))["trail"]


@pytest.mark.parametrize(
    ("accounts", "named", "id_"),
    [
        (ONE, {}, "111122223333"),
        (TWO, {"account": "other"}, "444455556666"),
        (TWO, {"account": "111122223333"}, "111122223333"),
    ],
)
def test_a_source_is_read_with_the_account_that_it_names_or_the_only_one(tmp_path, accounts, named, id_):
    assert made(tmp_path, accounts, **named).account == id_


@pytest.mark.parametrize(
    ("accounts", "named", "said"),
    [
        (TWO, {}, "say by account"),
        (TWO, {"account": "othr"}, "no account 'othr'; did you mean 'other'"),
        ({}, {}, "no AWS account is configured"),
    ],
)
def test_a_source_whose_account_is_not_clear_is_refused_at_the_start(tmp_path, accounts, named, said):
    with pytest.raises(ConfigError, match=said):
        made(tmp_path, accounts, **named)
