import json

import pytest
from tests.export.samples import LATER, hostile, naughty, notice

from nephoscope.export.exporters.splunk_hec import SplunkHec
from nephoscope.model.errors import DeliveryError


@pytest.fixture
def splunk(receiver, monkeypatch):
    """Splunk on this machine."""
    monkeypatch.setenv("HEC_TOKEN", "00000000-0000-0000-0000-000000000000")
    receiver.answers = [(200, {"text": "Success", "code": 0})]
    return SplunkHec(url=receiver.url, token_env="HEC_TOKEN", index="security", allow_private=True)


def test_notices_are_events_one_after_the_other(splunk, receiver, outside):
    assert splunk.send([notice(), notice("resolved", number=2)], outside) == {}

    [(method, path, headers, body)] = receiver.asked
    assert (method, path) == ("POST", "/services/collector/event")
    assert headers["Authorization"] == "Splunk 00000000-0000-0000-0000-000000000000"
    first, second = map(json.loads, body.splitlines())
    assert first["time"] == LATER.timestamp()
    assert (first["index"], first["sourcetype"]) == ("security", "nephoscope:finding")
    assert (first["event"]["id"], second["event"]["what"]) == (f"{1:032x}", "resolved")


def test_hostile_texts_arrive_as_they_are(splunk, receiver, outside):
    texts = naughty()
    splunk.send([hostile(text) for text in texts], outside)

    events = [json.loads(line) for line in receiver.asked[0][3].split(b"\n")]
    assert [event["event"]["finding"]["title"] for event in events] == texts


def test_a_wrong_token_is_final_and_a_full_queue_is_not(splunk, receiver, outside):
    for status, is_final in ((403, True), (503, False)):
        receiver.answers = [(status, {"text": "no", "code": 9})]
        with pytest.raises(DeliveryError) as refused:
            splunk.send([notice()], outside)
        assert refused.value.is_final is is_final
