"""The small AWS itself: moto in this process, behind recognition, authorisation, a journal and records of calls."""

from __future__ import annotations

import io
import os
import threading
import time
import urllib.parse
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
from moto.core.request import Request

from nephoscope.sandbox import session
from nephoscope.sandbox.answer import Answer, Outcome, is_unimplemented, now, read, refuse, succeed
from nephoscope.sandbox.call import ApiCall, Declined, Denial, Principal
from nephoscope.sandbox.caller import PARTITION, identify, open_backends, root_access_key_id
from nephoscope.sandbox.chance import Chance
from nephoscope.sandbox.journal import Entry, Kept, Log, found, own
from nephoscope.sandbox.naming import changes, is_read_only
from nephoscope.sandbox.poll import is_long_poll, without_waiting
from nephoscope.sandbox.recognise import recognise, signature
from nephoscope.sandbox.record import record
from nephoscope.sandbox.trail import Trail, logging_trails, trail_of, wanting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from nephoscope.sandbox.caller import Backends
    from nephoscope.sandbox.recognise import Recognised

    Authorise = Callable[[ApiCall, Backends], Denial | None]
    Own = Callable[[ApiCall], Mapping[str, Any]]

LIMIT_BYTES = 256 * 1024 * 1024
FAILED = Denial("InternalFailure", "The request processing has failed because of an unknown error.", 500)
POLL_S = 0.1


@dataclass(frozen=True)
class Wire:
    """A request as it came in: what moto needs to see it again when the journal is replayed."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    def environ(self, account: str = "") -> dict[str, Any]:
        """The WSGI environment of this request, for a moto account."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": urllib.parse.unquote_to_bytes(self.path).decode("latin-1"),
            "RAW_URI": self.path + (f"?{self.query}" if self.query else ""),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(self.body)),
        }
        kept: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
                continue
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
            if "_" in name:
                kept[f"HTTP_{key}"] = name
        environ["moto.preserved_header_names"] = kept
        if account:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        return environ


@dataclass
class Cloud:
    """One sandbox, alone in its folder and its process (moto's state is the process's).

    authorise: answers with a Denial for a call that IAM forbids. serves: operations that the sandbox answers in
    moto's stead, by (service, operation). before: called ahead of each call, without the lock held.
    """

    folder: Path
    authorise: Authorise
    serves: dict[tuple[str, str], Own] = field(default_factory=dict)
    before: list[Callable[[ApiCall], None]] = field(default_factory=list)
    sessions: dict[str, Principal] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    heard: list[Callable[[Entry], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        _list_modules_once()
        self._lock = threading.RLock()
        self._owned = own(self.folder)
        founding = found(self.folder, now())
        self.founded_at = founding.founded_at
        self.chance = Chance(founding.seed, founding.founded_at)
        self.backends = open_backends()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._number = 0
        self._reads = 0
        self._trails: list[Trail] | None = None
        self.serves |= {
            ("sts", "GetCallerIdentity"): session.caller_identity,
            ("sts", "GetSessionToken"): session.session_token,
            ("sts", "GetFederationToken"): session.federation_token,
        }
        self._journal = Log(self.folder / "journal.jsonl")
        self._records = Log(self.folder / "records.jsonl")

    def restore(self) -> int:
        """Replay the journal and read the records; returns how many calls were replayed."""
        for entry in self._journal.lines(Entry):
            self._replay(entry)
        self.kept.extend(self._records.lines(Kept))
        return self._number

    def close(self) -> None:
        """Give the folder back."""
        self._journal.close()
        self._records.close()
        os.close(self._owned)

    def handle(self, wire: Wire) -> Answer:
        """Answer a client's request, and record it."""
        request = Request(wire.environ())
        call = self._understand(wire, request, now())
        if isinstance(call, Answer):
            return call
        for listener in self.before:
            listener(call)
        denial = self._denial(call)
        answer = refuse(call, denial) if denial else self._serve(call, wire)
        self._write(call, _outcome(call, answer), answer)
        return answer

    def act(self, wire: Wire, meta: Mapping[str, Any] | None = None) -> Answer:
        """Do something as AWS itself: neither authorised nor recorded, but journaled, with a note of ours."""
        scope = signature(Request(wire.environ()))
        call = self._call(wire, Request(wire.environ()), now(), _service_principal(scope.access_key_id))
        return self._run(call, wire, dict(meta or {}))

    def assume_for_service(self, wire: Wire) -> Principal | None:
        """Assume a role as the service that the request's user agent names, and record it; None where STS refuses."""
        request = Request(wire.environ())
        by = Principal("AWSService", invoked_by=request.headers.get("User-Agent", ""))
        account = signature(request).access_key_id.removeprefix("AKIAROOT")
        call = replace(self._call(wire, request, now(), by), account=account)
        answer = self._run(call, wire, {})
        outcome = read(call, answer)
        self._write(call, outcome, answer)
        credentials = (outcome.result or {}).get("Credentials", {})
        return self.sessions.get(credentials.get("AccessKeyId", ""))

    def write_record(self, account: str, region: str, written: Mapping[str, Any]) -> None:
        """Keep a record that no API call made: a sign-in, an event of a service."""
        with self._lock:
            names = [trail.arn for trail in wanting(self.trails(), written)]
            self._number_record(account, region, written, names)

    def trails(self) -> list[Trail]:
        """The trails that log now."""
        with self._lock:
            if self._trails is None:
                self._trails = logging_trails(self.backends)
            return self._trails

    def locked(self) -> threading.RLock:
        """The lock that whoever reads moto's backends holds."""
        return self._lock

    def _understand(self, wire: Wire, request: Request, at: datetime) -> ApiCall | Answer:
        principal = identify(signature(request), self.sessions, self.backends, at)
        if isinstance(principal, Denial):
            call = self._call(wire, request, at, Principal("Anonymous"))
            return refuse(call, principal)
        return self._call(wire, request, at, principal)

    def _call(self, wire: Wire, request: Request, at: datetime, principal: Principal) -> ApiCall:
        scope = signature(request)
        recognised = recognise(request, scope.service)
        return ApiCall(
            account=principal.account or self._account_of(recognised),
            region=scope.region,
            service=recognised.service,
            signing_name=scope.service,
            operation=recognised.operation,
            parameters=recognised.parameters,
            principal=principal,
            source_ip=wire.source_ip,
            user_agent=f"[{request.headers.get('User-Agent', '')}]"
            if recognised.service == "s3"
            else request.headers.get("User-Agent", ""),
            request_id=str(uuid4()),
            at=at,
            host=request.headers.get("Host", ""),
            method=wire.method,
            path=wire.path,
            query=wire.query,
            content_type=request.headers.get("Content-Type", ""),
            body=wire.body if len(wire.body) < 65536 else b"",
            body_bytes=len(wire.body),
            is_presigned=scope.is_presigned,
        )

    def _account_of(self, recognised: Recognised) -> str:
        """Whom an unsigned call asks: the bucket's owner, the role's account."""
        arn = str(recognised.parameters.get("RoleArn", ""))
        if arn.count(":") >= 5:
            return arn.split(":")[4]
        bucket = recognised.parameters.get("Bucket", "")
        for account, partitions in list(self.backends.of("s3").items()):
            if bucket in partitions[PARTITION].buckets:
                return account
        return next(iter(self.backends.iam), "123456789012")

    def _denial(self, call: ApiCall) -> Denial | None:
        with self._lock:
            return self.authorise(call, self.backends)

    def _serve(self, call: ApiCall, wire: Wire) -> Answer:
        if not is_long_poll(call):
            return self._run(call, wire, {})
        ends_at = time.monotonic() + min(20, int(call.parameters["WaitTimeSeconds"]))
        short = without_waiting(wire)
        while True:
            answer = self._run(call, short, {})
            outcome = read(call, answer)
            if time.monotonic() >= ends_at or outcome.error_code or (outcome.result or {}).get("Messages"):
                return answer
            time.sleep(POLL_S)

    def _run(self, call: ApiCall, wire: Wire, meta: dict[str, Any]) -> Answer:
        is_change = changes(call) or bool(meta)
        written = 0
        with self._lock:
            number = self._number + 1 if is_change else -self._reads
            self._reads += 1
            with self.chance.at(call.at, number):
                answer = self._perform(call, wire)
            if is_change and answer.status < 400 and not self._is_empty_receive(call, answer):
                written = self._keep(wire, call.account, call.at, meta)
        if written:
            self._journal.sync(written)
        return answer

    def _is_empty_receive(self, call: ApiCall, answer: Answer) -> bool:
        return call.operation == "ReceiveMessage" and not (read(call, answer).result or {}).get("Messages")

    def _perform(self, call: ApiCall, wire: Wire) -> Answer:
        serve = self.serves.get((call.service, call.operation))
        answer = self._answer(call, serve) if serve else self._ask_moto(call, wire)
        if call.service == "sts" and answer.status < 300:
            issued = session.remember(call, read(call, answer), self.backends)
            if issued:
                self.sessions[issued.access_key_id] = issued
        if call.service in ("cloudtrail", "organizations"):
            self._trails = None
        return answer

    def _answer(self, call: ApiCall, serve: Own) -> Answer:
        try:
            return succeed(call, serve(call))
        except Declined as declined:
            return refuse(call, declined.denial)

    def _ask_moto(self, call: ApiCall, wire: Wire) -> Answer:
        from werkzeug.test import run_wsgi_app

        account = call.account if call.principal.type != "Anonymous" or call.service != "s3" else ""
        try:
            body, status, headers = run_wsgi_app(self._moto, wire.environ(account) | _named(call), buffered=True)
            answer = Answer(int(status.split()[0]), tuple(headers.items()), b"".join(body))
        except NotImplementedError:
            return refuse(call, _unimplemented(call))
        except Exception:  # noqa: BLE001 - one call's failure inside moto must not end the sandbox
            return refuse(call, FAILED if _is_known(call) else _unimplemented(call))
        return refuse(call, _unimplemented(call)) if is_unimplemented(answer) else answer

    def _keep(self, wire: Wire, account: str, at: datetime, meta: dict[str, Any]) -> int:
        self._number += 1
        headers = dict(wire.headers)
        entry = Entry(self._number, at, account, wire.method, wire.path, wire.query, headers, wire.body, meta)
        written = self._journal.append(entry)
        self._hear(entry)
        return written

    def _hear(self, entry: Entry) -> None:
        if entry.meta:
            for listener in self.heard:
                listener(entry)

    def _replay(self, entry: Entry) -> None:
        if entry.method:
            wire = Wire(entry.method, entry.path, entry.query, entry.headers, entry.body)
            request = Request(wire.environ())
            principal = identify(signature(request), self.sessions, self.backends, entry.at)
            if isinstance(principal, Denial):
                principal = Principal("Anonymous", entry.account)
            call = replace(self._call(wire, request, entry.at, principal), account=entry.account)
            with self.chance.at(entry.at, entry.number):
                self._perform(call, wire)
        self._number = entry.number
        self._hear(entry)

    def _write(self, call: ApiCall, outcome: Outcome, answer: Answer) -> None:
        written = record(call, outcome, answer)
        with self._lock:
            trails = {trail.arn: trail for trail in wanting(self.trails(), written)}
            if call.service == "cloudtrail" and call.operation == "StopLogging" and not outcome.error_code:
                trails |= self._stopped(call)
            if trails or written["managementEvent"]:
                self._number_record(call.account, written["awsRegion"], written, list(trails))

    def _stopped(self, call: ApiCall) -> dict[str, Trail]:
        """A trail's own end is the last thing it logs."""
        trail = trail_of(self.backends, call.account, call.region, str(call.parameters.get("Name", "")))
        return {trail.arn: trail} if trail else {}

    def _number_record(self, account: str, region: str, written: Mapping[str, Any], trails: Iterable[str]) -> None:
        number = self.kept[-1].number + 1 if self.kept else 1
        raw = msgspec.Raw(msgspec.json.encode(written))
        kept = Kept(number, account, region, raw, list(trails))
        self._records.append(kept)
        self.kept.append(kept)


def _outcome(call: ApiCall, answer: Answer) -> Outcome:
    """What a record needs of an answer: of a read that succeeded, mostly nothing."""
    is_needed = answer.status >= 300 or not is_read_only(call) or call.service in ("sts", "kms")
    return read(call, answer) if is_needed else Outcome({})


def _service_principal(access_key_id: str) -> Principal:
    account = access_key_id.removeprefix("AKIAROOT")
    return Principal("AWSService", account, access_key_id=access_key_id, invoked_by="cloudtrail.amazonaws.com")


def _named(call: ApiCall) -> dict[str, str]:
    """What of a request's environment names AWS, not this process: a queue's URL is its id, and outlives our port."""
    if call.service != "sqs":
        return {}
    return {"HTTP_HOST": f"sqs.{call.region}.amazonaws.com", "wsgi.url_scheme": "https"}


def _unimplemented(call: ApiCall) -> Denial:
    message = f"The sandbox does not implement {call.signing_name}:{call.operation or call.method + ' ' + call.path}."
    return Denial("NotImplemented", message, 501)


def _list_modules_once() -> None:
    """Spare moto the listing of its folder that it makes for every call."""
    from moto import backends

    names = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: iter(names)


def _is_known(call: ApiCall) -> bool:
    from moto.backends import list_of_moto_modules

    return call.service.replace("-", "") in {name.replace("_", "") for name in list_of_moto_modules()}


def service_wire(
    account: str, region: str, service: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Wire:
    """A request that AWS makes itself: PUT of an S3 object, POST of anything else."""
    credential = f"{root_access_key_id(account)}/20260101/{region}/{service}/aws4_request"
    signed = {
        "Host": f"{service}.{region}.amazonaws.com",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        **(headers or {}),
    }
    return Wire("PUT" if service == "s3" else "POST", path, "", signed, body)
