"""Serves the portal from a thread of the process that watches."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import uvicorn

from nephoscope.config import PortalSettings
from nephoscope.model.errors import StoreError
from nephoscope.portal.app import make_app
from nephoscope.store.state import put_state
from nephoscope.store.users import ADDRESS, count_users, make_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.portal.context import Portal

START_WITHIN_S = 20.0
STOP_WITHIN_S = 5
CONNECTIONS = 500


@contextmanager
def serving(portal: Portal) -> Iterator[str]:
    """Listen and serve as long as the block lasts; gives the address at which browsers find it.

    Port 0 takes any that is free, and so does the usual port where it is taken; the ledger keeps the address, for who
    prints links. Raises StoreError where a port of one's own is taken.
    """
    with _listening(portal) as listener:
        settings = replace(portal.config.portal, port=listener.getsockname()[1])
        portal = replace(portal, config=replace(portal.config, portal=settings))
        server = uvicorn.Server(_settings(make_app(portal)))
        thread = threading.Thread(target=server.run, args=([listener],), name="portal", daemon=True)
        thread.start()
        _wait(server, thread)
        with portal.ledger.write() as connection:
            put_state(connection, ADDRESS, settings.url)
        try:
            yield settings.url
        finally:
            server.should_exit = True
            thread.join(STOP_WITHIN_S)
            if thread.is_alive():
                server.force_exit = True
                thread.join(STOP_WITHIN_S)


def _settings(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        limit_concurrency=CONNECTIONS,
        ws="none",
    )


@contextmanager
def _listening(portal: Portal) -> Iterator[socket.socket]:
    settings = portal.config.portal
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = _listener(settings.host, settings.port, family)
    except OSError as error:
        raise StoreError(
            f"The portal cannot listen on {settings.host}:{settings.port} ({error.strerror}): choose another port in "
            "[portal], or port = 0 for any that is free"
        ) from error
    with listener:
        yield listener


def _listener(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or port != PortalSettings.port:
            raise
        return socket.create_server((host, 0), family=family, backlog=128)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    waited = threading.Event()
    for _ in range(int(START_WITHIN_S * 50)):
        if server.started or not thread.is_alive():
            break
        waited.wait(0.02)
    if not server.started:
        raise StoreError("The portal did not start")


def sign_in_url(portal: Portal, url: str) -> str:
    """Where to begin: with a one-time setup link as long as there is no user."""
    with portal.ledger.write() as connection:
        if count_users(connection):
            return url
        token, _ = make_link(connection, "setup", "", portal.clock())
    return f"{url}/setup#{token}"
