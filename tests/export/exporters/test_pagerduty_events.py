import pytest
from tests.export.samples import hostile, naughty, notice
from tests.store.samples import failed_check

from nephoscope.export.exporters.pagerduty_events import PagerdutyEvents
from nephoscope.model.errors import DeliveryError
from nephoscope.model.finding import Severity


@pytest.fixture
def pager(receiver, monkeypatch):
    """PagerDuty on this machine."""
    monkeypatch.setenv("PD_KEY", "R" * 32)
    receiver.answers = [(202, {"status": "success", "message": "Event processed", "dedup_key": "x"})]
    return PagerdutyEvents(routing_key_env="PD_KEY", url=f"{receiver.url}/v2/enqueue", allow_private=True)


def test_an_opening_triggers_an_incident_and_its_end_resolves_the_same(pager, receiver, outside):
    opened, over = notice(), notice("resolved")
    pager.send([opened], outside)
    pager.send([over], outside)

    trigger, resolve = receiver.documents
    assert trigger["routing_key"] == resolve["routing_key"] == "R" * 32
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["dedup_key"] == resolve["dedup_key"] == opened.uid
    payload = trigger["payload"]
    assert {"summary", "source", "severity"} <= set(payload)
    assert payload["severity"] == "error"
    assert payload["timestamp"] == "2026-05-01T12:05:00+00:00"
    assert payload["class"] == "cloudtrail_logging_stopped"
    assert "payload" not in resolve


@pytest.mark.parametrize(
    ("severity", "told"),
    [("critical", "critical"), ("high", "error"), ("medium", "warning"), ("low", "info"), ("informational", "info")],
)
def test_severities_are_those_that_pagerduty_knows(pager, severity, told):
    event = pager.event(notice(finding=failed_check(severity=Severity(severity))), "key")

    assert event["payload"]["severity"] == told


def test_hostile_texts_keep_to_the_limits(pager):
    for text in naughty():
        event = pager.event(hostile(text), "key")
        assert len(event["dedup_key"]) <= 255
        assert 1 <= len(event["payload"]["summary"]) <= 1024
        assert event["payload"]["source"]


def test_a_wrong_key_is_a_final_refusal_that_does_not_show_it(pager, receiver, outside):
    receiver.answers = [(400, {"status": "invalid event", "errors": ["routing_key is invalid"]})]

    with pytest.raises(DeliveryError, match="invalid event") as refused:
        pager.send([notice()], outside)
    assert refused.value.is_final
    assert "RRRR" not in str(refused.value)
