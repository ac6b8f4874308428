"""Host agents ─ requests ─► hosts: who joins, who asks, what each is asked to do, and who leaves.

What a request proves is checked before anything is read of its body. `uploads` is the arrow of what hosts tell.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.fleet.enrolment import Enrolment, parse_enrolment
from nephoscope.fleet.identity import check_document
from nephoscope.fleet.policy import Demands, etag_of, opened_policy_key, policy_of
from nephoscope.fleet.requests import NONCES_S, Signed, agent_id, check_clock, check_signature, parse_authorization
from nephoscope.fleet.requests import parse_key as key_of
from nephoscope.fleet.tokens import JoinToken, check_token, parse_token
from nephoscope.model.errors import HostRefused
from nephoscope.model.finding import ResourceRef
from nephoscope.store.fleet import (
    ENROLLED,
    LEFT,
    REVOKED,
    TAMPERED,
    WAITING,
    Host,
    Token,
    get_host,
    get_token,
    host_of,
    hosts_at,
    put_host,
    put_token,
    take_nonce,
    use_token,
)
from nephoscope.store.gaps import close_others_of
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from nephoscope.config import Config
    from nephoscope.fleet.policy import PolicyKey
    from nephoscope.keep import Stores

AREA = "host"
INSTANCE, HOST = "AWS::EC2::Instance", "host"
SILENT = "silent"
MISSED = 3  # heartbeats in a row, then a host is silent
POLICY = "fleet/policy"
VALID = timedelta(days=30)
KEPT = timedelta(seconds=NONCES_S)
HELD = "another host holds this instance or machine id: approve it if this is a new system in its place"


def _now() -> datetime:
    return datetime.now(UTC)


class Renewal(msgspec.Struct):
    """The body of a renewal."""

    key: str


@dataclass(frozen=True)
class Asked:
    """A request as it came. path: with its query; body: as sent."""

    method: str
    path: str
    authorization: str
    body: bytes = b""


def policy_key(config: Config) -> PolicyKey:
    """The key that signs policies, made at first use. Raises ConfigError."""
    return opened_policy_key(config.data / "fleet" / "policy.key")


@dataclass
class Fleet:
    """The gateway. key: signs policies; demands: what agents are asked for.

    clouds: the keys by which identity documents have to be signed; None where what they say is believed.
    """

    stores: Stores
    key: PolicyKey
    demands: Demands = field(default_factory=Demands)
    clouds: Sequence[Any] | None = None
    clock: Callable[[], datetime] = _now

    def enrol(self, body: bytes) -> dict[str, Any]:
        """Let a host join. Raises HostRefused."""
        asked = parse_enrolment(body)
        if asked.request.cloud is not None and self.clouds is not None:
            check_document(asked.request.cloud.document, asked.request.cloud.signature, self.clouds)
        id_, secret = parse_token(asked.request.token)
        now = self.clock()
        with self.stores.ledger.write() as connection:
            host = host_of(connection, agent_id(asked.key))
            if host is None or host.state in (LEFT, REVOKED, TAMPERED):
                token = check_token(_join_token(connection, id_), secret, now)
                if host is not None:
                    raise HostRefused("token", "this key was given up: enrol with a new one")
                use_token(connection, id_)
                host = _joined(connection, asked, token, now)
        return {"agent": host.agent, "policy_key": self.key.public, "time": int(now.timestamp()), "state": host.state}

    def sender(self, asked: Asked) -> tuple[Signed, Host]:
        """Who sent a request, proven; whether it came before is asked by `admit`. Raises HostRefused."""
        signed = parse_authorization(asked.authorization)
        with self.stores.ledger.read() as connection:
            host = host_of(connection, signed.agent)
        key = key_of(host.secret) if host is not None and host.state not in (LEFT, REVOKED) else None
        check_signature(signed, key, asked.method, asked.path, asked.body)
        check_clock(signed, int(self.clock().timestamp()))
        assert host is not None
        return signed, host

    def admit(self, connection: Connection, signed: Signed) -> Host:
        """The sender of a proven request, if it did not come before and its state lets it ask. Raises HostRefused."""
        host = host_of(connection, signed.agent)
        if host is None or host.state in (LEFT, REVOKED):
            raise HostRefused("unknown-agent", "this host was revoked, or left")
        if not take_nonce(connection, signed.agent, signed.nonce, self.clock(), KEPT):
            raise HostRefused("replay", "this request was sent before")
        if host.state == TAMPERED:
            raise HostRefused("clone", host.cause)
        return host

    def policy(self, asked: Asked) -> tuple[str, dict[str, str]]:
        """A host's policy: its ETag, and the signed envelope. Raises HostRefused."""
        signed, _ = self.sender(asked)
        with self.stores.ledger.write() as connection:
            host = not_waiting(self.admit(connection, signed))
            policy = self.policy_of(connection, host)
        return etag_of(policy), self.key.envelope(policy)

    def policy_of(self, connection: Connection, host: Host) -> bytes:
        """A host's policy as it is now; its version grows when what is asked for changes, or half its time is over."""
        now, kept = self.clock(), get_state(connection, POLICY) or {"version": 0, "digest": "", "expires": 0}
        if kept["digest"] != self.demands.digest or kept["expires"] < (now + VALID / 2).timestamp():
            expires = int((now + VALID).timestamp())
            kept = {"version": kept["version"] + 1, "digest": self.demands.digest, "expires": expires}
            put_state(connection, POLICY, kept)
        return policy_of(self.demands, host.agent, kept["version"], kept["expires"])

    def renew(self, asked: Asked) -> dict[str, Any]:
        """Give a host a new key in the place of the one that signs this; its id here stays. Raises HostRefused."""
        signed, _ = self.sender(asked)
        try:
            key = key_of(msgspec.json.decode(asked.body, type=Renewal).key)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise HostRefused("unreadable", "the body is no new key") from None
        agent = agent_id(key)
        with self.stores.ledger.write() as connection:
            host = not_waiting(self.admit(connection, signed))
            if host_of(connection, agent) or get_host(connection, agent):
                raise HostRefused("unreadable", "this key is or was in use: make a new one")
            put_host(connection, replace(host, agent=agent, secret=base64.b64encode(key).decode()))
        return {"agent": agent, "time": int(self.clock().timestamp())}

    def leave(self, asked: Asked) -> None:
        """Note that a host gave up its agent: silence is expected from now on. Raises HostRefused."""
        signed, _ = self.sender(asked)
        with self.stores.ledger.write() as connection:
            host = self.admit(connection, signed)
            put_host(connection, replace(host, state=LEFT, secret="", last_seen_at=self.clock()))
            close_others_of(connection, AREA, host.id, [])


def not_waiting(host: Host) -> Host:
    """The host, if nobody has to approve it first. Raises HostRefused."""
    if host.state == WAITING:
        raise HostRefused("waiting", f"{host.cause}: nephoscope fleet approve {host.id}")
    return host


def _join_token(connection: Connection, id_: str) -> JoinToken | None:
    kept = get_token(connection, id_)
    return JoinToken(**vars(kept)) if kept else None


def _joined(connection: Connection, asked: Enrolment, token: JoinToken, now: datetime) -> Host:
    """Keep a host that may join; it waits where another holds what it says it is."""
    claim, request, agent = asked.claim, asked.request, agent_id(asked.key)
    if get_host(connection, agent):
        raise HostRefused("token", "this key was given up: enrol with a new one")
    held = hosts_at(connection, claim.instance, request.machine_id)
    host = Host(
        id=agent,
        agent=agent,
        secret=base64.b64encode(asked.key).decode(),
        state=WAITING if held else ENROLLED,
        enrolled_at=now,
        machine=request.machine_id,
        hostname=request.hostname,
        os=request.os,
        tags=token.tags,
        token=token.id,
        cause=HELD if held else "",
        agent_version=request.agent_version,
        provider=claim.provider,
        instance=claim.instance,
        account=claim.account,
        region=claim.region,
        image=claim.image,
    )
    put_host(connection, host)
    return host


def resource_of(host: Host) -> ResourceRef:
    """What findings of a host are about: its instance, or itself."""
    if host.instance:
        return ResourceRef(INSTANCE, host.instance, host.account, host.region)
    return ResourceRef(HOST, host.id)


def approve(connection: Connection, id_: str, now: datetime) -> Host | None:
    """Let a waiting host in; who held its instance or machine id before is revoked. None if there is none waiting.

    It is enrolled from now on, so that it is not called silent for the time in which it had to be.
    """
    host = get_host(connection, id_)
    if host is None or host.state != WAITING:
        return None
    for other in hosts_at(connection, host.instance, host.machine):
        if other.id != host.id and other.state != WAITING:
            _end(connection, other, REVOKED, f"{host.id} was approved in its place")
    approved = replace(host, state=ENROLLED, cause="", enrolled_at=now)
    put_host(connection, approved)
    return approved


def revoke(connection: Connection, id_: str, cause: str) -> Host | None:
    """Refuse a host from now on. None if there is none, or it is refused already."""
    host = get_host(connection, id_)
    if host is None or host.state in (LEFT, REVOKED):
        return None
    return _end(connection, host, REVOKED, cause)


def _end(connection: Connection, host: Host, state: str, cause: str) -> Host:
    ended = replace(host, state=state, cause=cause, secret="")
    put_host(connection, ended)
    close_others_of(connection, AREA, host.id, [])
    return ended


def state_of(host: Host, now: datetime, heartbeat_s: int) -> str:
    """A host's state; silent where it is enrolled, and three heartbeats in a row did not come."""
    heard = host.last_seen_at or host.enrolled_at
    is_silent = host.state == ENROLLED and now - heard > timedelta(seconds=MISSED * heartbeat_s)
    return SILENT if is_silent else host.state


def add_token(connection: Connection, made: JoinToken) -> Token:
    """Keep a new token."""
    token = Token(**vars(made))
    put_token(connection, token)
    return token
