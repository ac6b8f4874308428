from dataclasses import replace
from datetime import timedelta

from tests.portal.serving import Browser

from nephoscope.portal.app import make_app
from nephoscope.portal.metrics import escaped
from nephoscope.store.advisory_feeds import Feed, put_feed
from nephoscope.store.deliveries import Delivery, put_deliveries
from nephoscope.store.fleet import Host, put_host


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


def test_what_does_not_go_out_or_come_in_is_counted(admin, portal, clock):
    host = Host("a" * 32, "a" * 32, "c2VjcmV0", "enrolled", clock())
    late = clock() - timedelta(hours=1)
    sent = Delivery("d1", "mail", "r", "opened", "uid", "t", 1, 1, "parked", {}, late, late)
    with portal.ledger.write() as connection:
        put_host(connection, host)
        put_host(connection, replace(host, id="b" * 32, agent="b" * 32, enrolled_at=late))
        put_host(connection, replace(host, id="c" * 32, agent="c" * 32, last_seen_at=clock(), enrolled_at=late))
        put_feed(connection, Feed("debian", "d.gz", "aa", 3, "2026-05-01", late))
        put_deliveries(connection, [sent, replace(sent, id="d2", state="waiting", exporter="hook")])
    text = Browser(admin.app).get("/metrics").text

    assert 'nephoscope_hosts{state="enrolled"} 2' in text
    assert 'nephoscope_hosts{state="silent"} 1' in text
    assert 'nephoscope_advisories_age_seconds{feed="debian"} 3600.0' in text
    assert 'nephoscope_deliveries_parked{exporter="mail"} 1' in text
    assert 'nephoscope_deliveries_waiting{exporter="hook"} 1' in text
    assert "nephoscope_runs_waiting 0" in text


def test_it_is_ready_once_its_stores_answer(portal, browser, tmp_path):
    assert browser.get("/readyz").json() == {"done": True}
    portal.ledger.close()
    broken = Browser(make_app(replace(portal, lake=None)))
    assert broken.get("/healthz").status_code == 200
    assert broken.get("/readyz").status_code == 500


def test_labels_are_escaped():
    assert escaped('a"b\\c\n') == 'a\\"b\\\\c\\n'
