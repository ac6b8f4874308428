import contextlib
from datetime import UTC, datetime

import pytest
import yaml

from nephoscope.documents import parse_documents
from nephoscope.model.errors import ConfigError, ContentError
from nephoscope.respond.facts import sample
from nephoscope.respond.playbook import load_playbooks, parse_playbook
from nephoscope.respond.trigger import BUILTIN, Triggers, load_triggers, parse_trigger, switched
from tests.respond.fakes import CATALOGUE, playbook
from tests.respond.mangled import mangled

INPUTS = {name: {"type": "string"} for name in ("account", "region")}
INPUTS |= {"to": {"type": "string", "default": "x"}, "times": {"type": "integer", "default": 1}}
BOOKS = {"play": parse_playbook(playbook(("set_value", "a", "x"), inputs=INPUTS), "play.yaml", CATALOGUE)}
LOUD = {"severity": "critical", "status": "open"}
GOOD = {
    "name": "try_it",
    "title": "T",
    "description": "D.",
    "on": "finding",
    "when": "severity == 'critical' && status == 'open'",
    "do": {"run": "play"},
    "with": {"to": "${resource_id}"},
    "examples": {
        "match": [{"severity": "critical", "status": "open"}],
        "no_match": [{"severity": "low", "status": "open"}],
    },
}


ON_EVENT = {"on": "event", "operations": ["StopLogging"], "when": "operation != ''", "with": {"to": "${operation}"}}


def parsed(**changes):
    text = yaml.safe_dump({key: value for key, value in (GOOD | changes).items() if value is not None})
    [document] = parse_documents(text.encode(), "t.yaml")
    return parse_trigger(document, BOOKS, text)


def test_what_takes_runs_back_is_off_until_told_and_never_proposes():
    one = parsed(do={"revert": "play"})
    assert one.mode == "off"
    with pytest.raises(ConfigError, match=r"respond.triggers.try_it: what takes runs back .* cannot only propose"):
        switched(Triggers({"try_it": one}), {"try_it": "propose"})


def test_numbers_and_lists_are_told_as_they_are():
    assert parsed(**{"with": {"times": "${rank}"}}).inputs(values())["times"] == 4


@pytest.mark.parametrize("name", sorted(path.stem for path in BUILTIN.glob("*.yaml")))
def test_a_trigger_with_anything_anywhere_loads_or_is_told(name):
    books = load_playbooks().by_name
    for text in mangled((BUILTIN / f"{name}.yaml").read_text(), 80):
        for document in parse_documents(text.encode(errors="surrogatepass"), "t.yaml"):
            with contextlib.suppress(ContentError):
                parse_trigger(document, books, text)


def values(**given):
    return sample("finding", {"severity": "critical", "status": "open", "account": "1", "region": "r"} | given)


def test_a_trigger_fires_and_tells_the_playbook_what_it_needs():
    found = parsed()
    assert found.fires(values())
    assert not found.fires(values(status="resolved"))
    assert found.inputs(values(resource_id="i-1")) == {"account": "1", "region": "r", "to": "i-1"}
    assert found.mode == "propose"


def test_a_bare_on_is_read_as_people_mean_it():
    text = yaml.safe_dump(GOOD).replace("'on': finding", "on: finding")
    [document] = parse_documents(text.encode(), "t.yaml")
    assert parse_trigger(document, BOOKS, text).on == "finding"


def test_occasions_are_told_apart_by_what_the_trigger_says():
    found = parsed(dedup=["account"])
    assert found.occasion(values(resource_id="a")) == found.occasion(values(resource_id="b"))
    assert found.occasion(values(account="2")) != found.occasion(values())


def test_windows_of_maintenance_and_duty_are_heeded():
    noon, night = datetime(2026, 5, 1, 12, tzinfo=UTC), datetime(2026, 5, 1, 3, tzinfo=UTC)
    assert parsed(only_in=["08:00-18:00"]).is_on_duty(noon)
    assert not parsed(only_in=["08:00-18:00"]).is_on_duty(night)
    assert not parsed(not_in=["11:00-13:00"], only_in=["08:00-18:00"]).is_on_duty(noon)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"wen": "x"}, "there is no key 'wen'; did you mean 'when'"),
        ({"on": "findings"}, "on is 'findings'"),
        ({"when": "severty == 'x'"}, "the nearest is severity"),
        ({"when": "rank == 'x'"}, "t.yaml:"),
        ({"when": "severity.matches('(')"}, "t.yaml:"),
        ({"do": {"run": "plya"}}, "did you mean 'play'"),
        ({"do": "play"}, "do is"),
        ({"with": {"tо": "x"}}, "has no input"),
        ({"with": {"to": "${resource}"}}, "there is no 'resource'"),
        ({"mode": "fire"}, "mode is 'fire'"),
        ({"do": {"revert": "play"}, "mode": "propose"}, "cannot only propose"),
        ({"dedup": ["acount"]}, "did you mean 'account'"),
        ({"limit": {"runs": 0}}, "runs is 0"),
        ({"limit": {"run": 1}}, "there is no key 'run'"),
        ({"not_in": ["always"]}, "is no window"),
        ({"operations": ["StopLogging"]}, "a trigger on events, and no other"),
        (ON_EVENT | {"examples": {"match": [{"operation": "DeleteTrail"}], "no_match": [{}]}}, "does not fire"),
        ({"examples": None}, "needs examples"),
        ({"examples": {"match": [{"severity": "low"}], "no_match": [{}]}}, r"match 1\): does not fire"),
        ({"examples": {"match": [LOUD], "no_match": [LOUD]}}, r"no_match 1\): fires"),
        ({"examples": {"match": [{"sverity": "x"}], "no_match": [{}]}}, "did you mean 'severity'"),
        ({"examples": {"match": 1, "no_match": [{}]}}, "needs examples: lists match and no_match"),
        ({"examples": {"match": [{"severity": "hihg"}], "no_match": [{}]}}, r"match 1\): 'hihg' is not a valid"),
        ({"examples": {"match": [{"account": 111122223333}], "no_match": [{}]}}, "not of type string"),
        ({"examples": {"match": [{"rank": True}], "no_match": [{}]}}, "rank is True, not of type int"),
        ({"do": {"run": ["play"]}}, "there is no playbook"),
        ({"with": {1: "x"}}, "has no input '1'"),
        ({"with": {"to": "${rank}"}}, "to is of type string, rank is int"),
        ({"with": {"to": 5}}, "to is 5, not of type string"),
        ({"with": {"times": "${rank} times"}}, "times is of type integer, a text with a reference in it is string"),
        ({"with": {"times": "${detail}"}}, "times is of type integer, detail is dyn"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_place_when_loading(change, told):
    with pytest.raises(ContentError, match=told) as raised:
        parsed(**change)
    assert raised.value.where.startswith("t.yaml:")


def test_every_trigger_that_comes_with_nephoscope_loads_and_is_off_until_switched_on(tmp_path):
    (tmp_path / "triggers").mkdir()
    (tmp_path / "triggers" / "bad.yaml").write_text("name: [")
    (tmp_path / "triggers" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "triggers" / "latin.yaml").write_bytes(b"name: \xe9")
    found = load_triggers(load_playbooks().by_name, [tmp_path])
    assert [error.where.rpartition("/")[2] for error in found.errors] == ["bad.yaml:2", "gone.yaml", "latin.yaml"]
    for name, one in found.by_name.items():
        assert one.where.startswith(f"triggers/{name}.yaml"), name
        assert one.mode == "off", name
