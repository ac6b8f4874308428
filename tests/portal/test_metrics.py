from dataclasses import replace
from datetime import timedelta

from tests.portal.serving import Browser

from nephoscope.portal.app import make_app
from nephoscope.portal.metrics import escaped


def test_metrics_are_for_this_machine_and_for_tokens_that_may(admin, clock):
    until = (clock() + timedelta(days=1)).isoformat()
    body = {"label": "prometheus", "scopes": ["metrics"], "expires_at": until}
    secret = admin.post("tokens", body).json()["secret"]
    here, there = Browser(admin.app), Browser(admin.app, address="192.0.2.1")
    known = Browser(admin.app, address="192.0.2.1", headers={"Authorization": f"Bearer {secret}"})

    text = here.get("/metrics").text
    assert 'nephoscope_open_findings{severity="high"} 1' in text
    assert 'nephoscope_gaps{area="read"} 2' in text
    assert 'nephoscope_log_hours{state="verified"} 2' in text
    assert "nephoscope_feed_length" in text
    assert 'nephoscope_lag_seconds{source="aws_cloudtrail"}' in text
    assert there.get("/metrics").status_code == 403
    assert here.request("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
    assert known.get("/metrics").text == text


def test_it_is_ready_once_its_stores_answer(portal, browser, tmp_path):
    assert browser.get("/readyz").json() == {"done": True}
    portal.ledger.close()
    broken = Browser(make_app(replace(portal, lake=None)))
    assert broken.get("/healthz").status_code == 200
    assert broken.get("/readyz").status_code == 500


def test_labels_are_escaped():
    assert escaped('a"b\\c\n') == 'a\\"b\\\\c\\n'
