from datetime import UTC, datetime

import pytest

from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef, Severity
from nephoscope.respond import facts

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SESSION = Actor(
    "arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0",
    "AssumedRole",
    session="AROAX:i-0123456789abcdef0",
    issuer="arn:aws:iam::111122223333:role/service/web",
)


def test_each_topic_says_all_that_it_promises():
    finding = Finding(
        Kind.DETECTION, "r", "T", Severity.HIGH, ("s",), NOW, resource=ResourceRef("", "i-1", "1", "r"), actor=SESSION,
        events=(EventRef("e", NOW, "trail", "o", 0, "RunInstances"),),
    )  # fmt: skip
    said = {
        "finding": facts.of_finding(finding, "open"),
        "item": facts.of_item({"account": "1", "region": "r", "type": "T", "id": "i", "change": "created"}),
        "coverage": facts.of_coverage({"area": "source", "state": "open"}, NOW),
        "event": facts.of_event({"api.operation": "StopLogging", "time": NOW, "api.request.data": '{"name": "t"}'}),
    }
    assert {topic: set(values) for topic, values in said.items()} == {
        topic: set(schema) for topic, schema in facts.SCHEMAS.items()
    }
    assert said["finding"]["operations"] == ["RunInstances"]
    assert said["event"]["request"] == {"name": "t"}
    assert {topic: set(facts.sample(topic, {})) for topic in said} == {topic: set(said[topic]) for topic in said}


def test_an_actor_is_taken_apart():
    found = facts.of_actor(SESSION)
    assert (found["role_name"], found["actor_instance"], found["user_name"]) == ("web", "i-0123456789abcdef0", "")
    user = facts.of_actor(Actor("arn:aws:iam::111122223333:user/team/ann", "IAMUser"))
    assert (user["user_name"], user["role_name"], user["actor_instance"]) == ("ann", "", "")


@pytest.mark.parametrize("text", [None, "", "{", "\ud800", "[" * 5_000])
def test_what_is_no_json_is_an_empty_object(text):
    assert facts.decoded(text) == {}
