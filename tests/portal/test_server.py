"""The portal is served from a thread, lives its stream over a real connection, and stops when asked."""

import socket
from dataclasses import replace

import httpx
import pytest
from tests.portal.serving import PASSWORD

from nephoscope.config import PortalSettings
from nephoscope.model.errors import StoreError
from nephoscope.portal.server import serving, sign_in_url
from nephoscope.store.feed import tell
from nephoscope.store.state import get_state
from nephoscope.store.users import ADDRESS


@pytest.fixture
def local(portal):
    """The portal on any free port of the loopback."""
    return replace(portal, config=replace(portal.config, portal=PortalSettings(port=0)))


def test_it_is_set_up_by_its_link_streams_and_stops(local):
    with serving(local) as url:
        link = sign_in_url(local, url)
        token = link.partition("#")[2]
        with httpx.Client(base_url=url, headers={"Sec-Fetch-Site": "same-origin"}, trust_env=False) as client:
            made = client.post("/api/v1/auth/setup", json={"token": token, "name": "Root", "password": PASSWORD})
            client.headers["Cookie"] = made.headers["set-cookie"].partition(";")[0]
            with client.stream("GET", "/api/v1/stream", params={"after": 10_000}) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
                lines = answer.iter_lines()
                assert any(line == "event: gap" for line in lines)
                with local.ledger.write() as connection:
                    tell(connection, "run", [("r1", {"x": "line\nend"})])
                assert any(line == "event: run" for line in lines)
        assert sign_in_url(local, url) == url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_where_the_usual_port_is_taken_any_other_serves_and_is_remembered(local):
    usual = replace(local, config=replace(local.config, portal=PortalSettings()))
    with serving(usual) as first, serving(usual) as second:
        assert first != second
        assert httpx.get(f"{second}/healthz", trust_env=False).json() == {"done": True}
        with local.ledger.read() as connection:
            assert get_state(connection, ADDRESS) == second


def test_a_port_that_is_taken_is_said(local):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = PortalSettings(port=other.getsockname()[1])
        taken = replace(local, config=replace(local.config, portal=settings))
        with pytest.raises(StoreError, match="port = 0"), serving(taken):
            pass
