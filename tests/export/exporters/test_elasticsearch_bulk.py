import json

import pytest
from tests.export.samples import hostile, naughty, notice

from nephoscope.export.exporters.elasticsearch_bulk import ElasticsearchBulk
from nephoscope.model.errors import ConfigError, DeliveryError


class Index:
    """An index that creates documents as the bulk API does."""

    def __init__(self, refused=()):
        self.documents = {}
        self.refused = dict(refused)

    def __call__(self, method, path, body):
        lines = [json.loads(line) for line in body.split(b"\n")[:-1]]
        items = []
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            [(how, named)] = action.items()
            id_ = named["_id"]
            assert how == "create"
            status = self.refused.get(id_) or (409 if id_ in self.documents else 201)
            if status == 201:
                self.documents[id_] = document
            error = {} if status == 201 else {"error": {"type": "some_exception", "reason": "because"}}
            items.append({"create": {"_id": id_, "status": status, **error}})
        return 200, {"errors": any(item["create"]["status"] != 201 for item in items), "items": items}


@pytest.fixture
def elastic(receiver, monkeypatch):
    """Elasticsearch on this machine."""
    monkeypatch.setenv("ES_KEY", "a2V5")
    receiver.answers = [Index()]
    return ElasticsearchBulk(url=receiver.url, api_key_env="ES_KEY", allow_private=True)


def test_notices_are_documents_under_their_ids(elastic, receiver, outside):
    assert elastic.send([notice(), notice("resolved", number=2)], outside) == {}

    [(_, path, headers, _)] = receiver.asked
    assert path.startswith("/nephoscope-findings/_bulk?filter_path=")
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Authorization"] == "ApiKey a2V5"
    first = receiver.answers[0].documents[f"{1:032x}"]
    assert first["@timestamp"] == "2026-05-01T12:05:00Z"
    assert first["nephoscope"]["finding"]["rule"] == "cloudtrail_logging_stopped"


def test_what_is_there_already_was_taken_before(elastic, receiver, outside):
    elastic.send([notice()], outside)

    assert elastic.send([notice(), notice("resolved", number=2)], outside) == {}
    assert len(receiver.answers[0].documents) == 2


def test_of_a_batch_what_is_refused_is_told_and_the_rest_taken(elastic, receiver, outside):
    told = [notice(number=number) for number in (1, 2, 3)]
    receiver.answers = [Index({told[1].id: 400, told[2].id: 429})]

    failures = elastic.send(told, outside)

    assert {id_: error.is_final for id_, error in failures.items()} == {told[1].id: True, told[2].id: False}
    assert "some_exception: because" in str(failures[told[1].id])


def test_hostile_texts_arrive_as_they_are(elastic, receiver, outside):
    texts = naughty()
    for text in texts:
        receiver.answers = [Index()]
        assert elastic.send([hostile(text)], outside) == {}
        [document] = receiver.answers[0].documents.values()
        assert document["nephoscope"]["finding"]["title"] == text


@pytest.mark.parametrize("answer", [{"items": []}, {"took": 1}, [], "<html>", {"items": [{}, {}]}])
def test_an_answer_that_does_not_say_what_became_of_each_is_a_failure(elastic, receiver, outside, answer):
    receiver.answers = [(200, answer)]

    with pytest.raises(DeliveryError) as failed:
        elastic.send([notice()], outside)
    assert not failed.value.is_final


def test_an_index_that_is_none_is_refused(receiver, outside):
    with pytest.raises(ConfigError, match="index"):
        ElasticsearchBulk(url=receiver.url, index="../_security", allow_private=True).send([notice()], outside)
