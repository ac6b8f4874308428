from datetime import UTC

import pytest
from tests.store.samples import NOON

from nephoscope.config import Account, Config
from nephoscope.model.errors import ConfigError, Refused
from nephoscope.pipeline.exports import Told, exports_of, notices_of, outside_of
from nephoscope.store.deliveries import Delivery, put_deliveries
from nephoscope.store.gaps import list_gaps

CHAT = {"type": "console"}


def config(tmp_path, exporters=None, routes=None, **more):
    return Config(tmp_path, exporters=exporters or {}, routes=routes or {}, **more)


def test_each_exporter_that_is_configured_has_its_arrow(tmp_path, stores):
    made = notices_of(config(tmp_path, {"chat": CHAT, "other": CHAT}, {"all": {"to": ["chat"]}}), stores)

    assert [each.name for each in made] == ["chat", "other"]
    assert [route.name for route in made[0].routes] == ["all"]
    assert notices_of(config(tmp_path), stores) == []


@pytest.mark.parametrize(
    ("exporters", "routes", "said"),
    [
        ({"chat": {"type": "consle"}}, {}, "did you mean 'console'"),
        ({"chat": CHAT}, {"all": {"to": ["chta"]}}, "did you mean 'chat'"),
        ({"chat": CHAT}, {"all": {"to": ["chat"], "when": "ownr == ''"}}, "the nearest is owner"),
    ],
)
def test_what_is_written_wrong_is_refused_at_the_start(tmp_path, exporters, routes, said):
    with pytest.raises(ConfigError, match=said):
        exports_of(config(tmp_path, exporters, routes))


def test_an_account_is_reached_by_its_name_and_only_where_it_is_asked_for(tmp_path):
    outside = outside_of(config(tmp_path, accounts={"notify": Account("111122223333", profile="n", export=True)}))

    assert outside.clouds("notify").aws.accounts[0].id == "111122223333"
    assert outside.clouds("notify") is outside.clouds("notify")
    with pytest.raises(ConfigError, match="did you mean 'notify'"):
        outside.clouds("notfy")
    assert outside.network.allow_private is False
    assert outside.now().tzinfo is UTC


def test_what_a_playbook_tells_is_sent_once_and_only_to_an_exporter_that_there_is(tmp_path, stores, capsys):
    said = config(tmp_path, {"chat": CHAT})
    told = Told(said, stores.ledger)

    first = told.tell("chat", "Instance quarantined", "i-1 by the on-call", "run 7/step 3")
    assert told.tell("chat", "Instance quarantined", "i-1 by the on-call", "run 7/step 3") == first
    [chat] = notices_of(said, stores)
    while chat.round():
        pass
    assert capsys.readouterr().out.count("HIGH a playbook says: Instance quarantined") == 1
    with pytest.raises(Refused, match="did you mean 'chat'"):
        told.tell("chta", "x", "y", "z")


def test_what_is_said_goes_to_standard_output(tmp_path, capsys):
    outside_of(config(tmp_path)).say("hello")

    assert capsys.readouterr().out == "hello\n"


def test_what_waits_for_an_exporter_that_is_no_more_is_a_gap(tmp_path, stores):
    left = Delivery("id", "gone", "all", "opened", "f", "t", 1, 1, "waiting", {}, NOON, NOON)
    with stores.ledger.write() as connection:
        put_deliveries(connection, [left])
    notices_of(config(tmp_path, {"chat": CHAT}), stores)
    with stores.ledger.read() as connection:
        assert [each.gap.subject for each in list_gaps(connection, area="export")] == ["gone"]

    notices_of(config(tmp_path, {"chat": CHAT, "gone": CHAT}), stores)
    with stores.ledger.read() as connection:
        assert [each.gap.subject for each in list_gaps(connection, area="export")] == ["gone"]
