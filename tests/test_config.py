from pathlib import Path

import pytest

from nephoscope.config import default_data, load
from nephoscope.model.errors import ConfigError

WHOLE = """
lake = "clickhouse://lake.example:8443"
[pace]
collect_s = 5
[accounts.prod]
id = "111122223333"
profile = "audit"
regions = ["eu-west-1"]
[sources.prod_trail]
type = "aws_cloudtrail"
bucket = "trail"
"""


@pytest.fixture
def written(tmp_path):
    """Writes a configuration file and reads it back."""

    def write(text, **options):
        file = tmp_path / "nephoscope.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, environment={"HOME": str(tmp_path)}, **options)

    return write


def test_a_whole_file_is_read(written, tmp_path):
    config = written(WHOLE)

    assert config.lake_url == "clickhouse://lake.example:8443"
    assert config.ledger_url == f"sqlite:///{tmp_path}/.local/share/nephoscope/ledger.sqlite"
    assert config.pace.collect_s == 5.0
    assert config.accounts["prod"].regions == ("eu-west-1",)
    assert config.sources["prod_trail"]["bucket"] == "trail"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lkae = 'x'", "there is no key 'lkae'; did you mean 'lake'?"),
        ("[accounts.a]\nid = '1'\nreigons = []", "there is no key 'reigons'; did you mean 'regions'?"),
        ("[accounts.a]\nprofile = 'p'", "the key 'id' is missing"),
        ("[accounts.a]\nid = 1", "accounts.a: id is 1, not text"),
        ("[retention]\nevents_days = -1", "events_days is -1, not a number of days"),
        ("[retention]\nevent_days = 1", "did you mean 'events_days'?"),
        ("accounts = 3", "accounts is not a table"),
        ("content = 'x'", "content is not a list"),
        ("[pace]\ncollect_s = true", "not a float"),
        ("[pace]\ncollect_s = -1", "pace: collect_s is -1.0, not a number above 0"),
        ("[pace]\ninventory_s = nan", "inventory_s is nan"),
        ("[pace]\ncompleteness_s = inf", "completeness_s is inf"),
        ("[aws]\ncalls_per_s = 0", "aws: calls_per_s is 0.0"),
        ("[sources.x]\nbucket = 'b'", "sources.x has no type"),
        ("[exporters.x]\nurl_env = 'b'", "exporters.x has no type"),
        ("[routes]\nx = 1", "routes.x is not a table"),
        ("[vulnerabilities]\nfindings = 'grave'", "findings is 'grave', none of"),
        ("[vulnerabilities.due_days]\nhihg = 3", "due_days: hihg = 3: classes are"),
        ("[vulnerabilities.due_days]\nhigh = -1", "due_days: high = -1: classes are"),
        ("a = [", "is not TOML"),
        (b"a = '\xff'", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(written, text, said):
    with pytest.raises(ConfigError) as refused:
        written(text)

    assert said in str(refused.value)
    assert "nephoscope.toml" in str(refused.value)


def test_a_named_file_that_is_absent_is_an_error_and_an_unnamed_one_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "absent.toml")
    assert load(environment={"HOME": "/h"}).accounts == {}


def test_the_data_folder_follows_flag_then_environment_then_home(tmp_path, written):
    assert default_data({"NEPHOSCOPE_DATA": "/x"}) == Path("/x")
    assert default_data({"HOME": "/h"}) == Path("/h/.local/share/nephoscope")
    assert written("data = '/elsewhere'", data=tmp_path).data == tmp_path
    assert written("data = '/elsewhere'").data == Path("/elsewhere")
