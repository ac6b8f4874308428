"""Amazon Web Services: credentials only as named, every call within its account's budget."""

from __future__ import annotations

import importlib
import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.clouds.budget import Budget
from nephoscope.clouds.permission import permission_of
from nephoscope.model.errors import AccessDenied, CloudError, ConfigError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Client.UnauthorizedOperation",
        "Forbidden",
        "UnauthorizedOperation",
        "403",
    }
)
# A call may need more than its own permission, as one that tags what it makes does; AWS then says which was missing.
NOT_AUTHORIZED = re.compile(r"not authorized to perform: ([a-z][a-z0-9-]{1,40}:[A-Z][A-Za-z0-9]{1,80})\b")
CALLS_PER_S = 100.0
ATTEMPTS = 6
CONNECTIONS = 32
ROLE_SESSION = "nephoscope"


@dataclass(frozen=True)
class AwsAccount:
    """How one account is reached; what is not named here is not used.

    id: asked of STS when empty. Exactly one of: `profile` of the AWS configuration files; `access_key_id`,
    `secret_access_key` (and `session_token`); `environment`, which is the SDK's own chain (variables, then
    container or instance role). role: ARN to assume with those, with `external_id` when its trust asks for one.
    """

    id: str = ""
    profile: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    environment: bool = False
    role: str = ""
    external_id: str = ""
    regions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = [bool(self.profile), bool(self.access_key_id), self.environment]
        if sum(named) != 1:
            raise ConfigError(
                f"AWS account {self.id or self.role or '?'}: name exactly one of profile, access_key_id, environment"
            )


@dataclass
class Aws:
    """The accounts that were named, and the calls made to them.

    endpoint_url: instead of AWS's own addresses. calls_per_s: the budget of each account. used: the permissions that
    calls needed so far, as IAM spells them.
    """

    accounts: tuple[AwsAccount, ...]
    endpoint_url: str = ""
    region: str = "us-east-1"
    calls_per_s: float = CALLS_PER_S
    used: set[str] = field(default_factory=set[str], init=False)
    _by_id: dict[str, _Connection] = field(default_factory=dict[str, Any], init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    def account_ids(self) -> list[str]:
        """The ids of all accounts, those not written down asked of STS.

        Raises CloudError when an account cannot be reached.
        """
        with self._lock:
            if not self._by_id:
                self._by_id = dict(self._connect(account) for account in self.accounts)
            return list(self._by_id)

    def client(self, service: str, *, region: str = "", account: str = "") -> Any:
        """The SDK's client, made once per service, region and account; it may be shared by threads.

        account: empty for the only one. Raises ConfigError for an account that is not named.
        """
        return self._connection(account).client(service, region or self.region)

    def call(self, service: str, operation: str, *, region: str = "", account: str = "", **params: Any) -> Any:
        """One call by its API name (`DescribeInstances`); returns the answer, a dict.

        Raises AccessDenied with the missing permission, or CloudError with the provider's code.
        """
        client = self.client(service, region=region, account=account)
        method = getattr(client, _snake(operation))
        with _Translated(service, operation, account, region):
            self.used.add(permission_of(service, operation))
            return method(**params)

    def content(
        self, service: str, operation: str, field: str, most: int, *, region: str = "", account: str = "", **params: Any
    ) -> tuple[Any, bytes]:
        """One call, and the stream in a field of its answer read whole, up to so many bytes. Raises as `call`."""
        answer = self.call(service, operation, region=region, account=account, **params)
        with _Translated(service, operation, account, region):
            content: bytes = answer[field].read(most + 1)
        if len(content) > most:
            raise _failed("TooLarge", f"{field} has more than {most} bytes", service, operation, account, region)
        return answer, content

    def pages(
        self, service: str, operation: str, *, region: str = "", account: str = "", **params: Any
    ) -> Iterator[Any]:
        """Every page of a call that the SDK knows to page through; of any other, its one answer. Raises as `call`."""
        client = self.client(service, region=region, account=account)
        name = _snake(operation)
        if not client.can_paginate(name):
            yield self.call(service, operation, region=region, account=account, **params)
            return
        self.used.add(permission_of(service, operation))
        with _Translated(service, operation, account, region):
            yield from client.get_paginator(name).paginate(**params)

    def calls(self) -> int:
        """How many requests were sent so far, attempts included."""
        return sum(connection.budget.calls for connection in self._by_id.values())

    def _connection(self, account: str) -> _Connection:
        ids = self.account_ids() if not self._by_id else list(self._by_id)
        if not account and len(ids) == 1:
            return self._by_id[ids[0]]
        if account not in self._by_id:
            raise ConfigError(
                f"AWS account {account or '(none given)'} is not named; named are {', '.join(ids) or 'none'}"
            )
        return self._by_id[account]

    def _connect(self, account: AwsAccount) -> tuple[str, _Connection]:
        connection = _Connection(account, self.endpoint_url, Budget(self.calls_per_s, self.calls_per_s), self.region)
        if account.id:
            return account.id, connection
        with _Translated("sts", "GetCallerIdentity", "", self.region):
            return connection.client("sts", self.region).get_caller_identity()["Account"], connection


@dataclass
class _Connection:
    """One account's SDK session and its clients."""

    account: AwsAccount
    endpoint_url: str
    budget: Budget
    region: str
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any], init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _session: Any = field(default=None, init=False)

    def client(self, service: str, region: str) -> Any:
        found = self._clients.get((service, region))
        if found is not None:
            return found
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(service, region)
            return self._clients[service, region]

    def _make(self, service: str, region: str) -> Any:
        config = _sdk("botocore.config").Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="nephoscope",
            parameter_validation=False,
            inject_host_prefix=not self.endpoint_url,
            ignore_configured_endpoint_urls=not self.account.environment,
            s3={"addressing_style": "path"} if self.endpoint_url else None,
        )
        with _Translated(service, "CreateClient", self.account.id, region):
            if self._session is None:
                self._session = _session(self.account, self.endpoint_url, self.region)
            client = self._session.create_client(
                service, region_name=region, endpoint_url=self.endpoint_url or None, config=config
            )
        client.meta.events.register("before-send", self._spend)
        if "json" in client.meta.service_model.protocol:
            client.meta.events.register("response-received", _refuse_unreadable)
        if service == "s3control":
            client.meta.events.register("before-sign", _without_account_host)
        return client

    def _spend(self, **_: Any) -> None:
        self.budget.take()


def _refuse_unreadable(response_dict: Any = None, parsed_response: Any = None, **_: Any) -> None:
    """Raise for an answer that is no JSON, or cut off: the SDK would take it for an empty one."""
    if not parsed_response or set(parsed_response) - {"ResponseMetadata"}:
        return
    body = response_dict["body"]
    if not isinstance(body, bytes) or not body.strip():
        return
    try:
        json.loads(body)
    except ValueError as error:
        raise _sdk("botocore.parsers").ResponseParserError(f"the answer is no JSON, or cut off: {error}") from error


def _without_account_host(request: Any, **_: Any) -> None:
    """Address S3 Control by the host that was named: `ACCOUNT.host` exists at AWS only."""
    if "amazonaws.com" not in request.url:
        request.url = re.sub(r"^(https?://)\d{12}\.", r"\1", request.url)


class _Translated:
    """Turns the SDK's errors into ours."""

    def __init__(self, service: str, operation: str, account: str, region: str) -> None:
        self.place = (service, operation, account, region)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        exceptions = _sdk("botocore.exceptions")
        if isinstance(error, exceptions.ClientError):
            raise _answered(error, *self.place) from error
        if isinstance(error, (exceptions.BotoCoreError, _sdk("botocore.parsers").ResponseParserError, UnicodeError)):
            raise _failed(type(error).__name__, str(error), *self.place) from error


def _answered(error: Any, service: str, operation: str, account: str, region: str) -> CloudError:
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    call = f"{service}:{operation}"
    if code not in DENIED:
        return CloudError(call, code or "no code", message, account=account, region=region)
    denied = AccessDenied(call, code, message, account=account, region=region)
    named = NOT_AUTHORIZED.search(message)
    denied.permission = named[1] if named else permission_of(service, operation)
    return denied


def _failed(kind: str, text: str, service: str, operation: str, account: str, region: str) -> CloudError:
    return CloudError(f"{service}:{operation}", kind, text, account=account, region=region)


def _session(account: AwsAccount, endpoint_url: str, region: str) -> Any:
    """An SDK session that holds the credentials which the account names, and can find no others."""
    session = _sdk("botocore.session").Session(profile=account.profile or None)
    session.register_component("data_loader", _loader())
    if account.access_key_id:
        session.set_credentials(account.access_key_id, account.secret_access_key, account.session_token or None)
    if account.profile:
        resolver = session.get_component("credential_provider")
        for provider in ("env", "container-role", "iam-role"):
            resolver.remove(provider)
    return _assumed(session, account, endpoint_url, region) if account.role else session


def _assumed(session: Any, account: AwsAccount, endpoint_url: str, region: str) -> Any:
    credentials = _sdk("botocore.credentials")

    own = session.get_credentials()
    if own is None:
        raise _sdk("botocore.exceptions").NoCredentialsError
    config = _sdk("botocore.config").Config(
        connect_timeout=10, user_agent_extra="nephoscope", ignore_configured_endpoint_urls=not account.environment
    )

    def create_client(service: str, **options: Any) -> Any:
        return session.create_client(
            service, region_name=region, endpoint_url=endpoint_url or None, config=config, **options
        )

    fetcher = credentials.AssumeRoleCredentialFetcher(
        create_client,
        own,
        account.role,
        extra_args={"RoleSessionName": ROLE_SESSION}
        | ({"ExternalId": account.external_id} if account.external_id else {}),
    )
    assumed = _sdk("botocore.session").Session()
    assumed.register_component("data_loader", _loader())
    assumed._credentials = credentials.DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return assumed


_LOADERS: list[Any] = []


def _loader() -> Any:
    """The SDK's reader of service models; shared, since each reads and keeps megabytes."""
    if not _LOADERS:
        _LOADERS.append(_sdk("botocore.loaders").create_loader())
    return _LOADERS[0]


def _snake(operation: str) -> str:
    return _sdk("botocore").xform_name(operation)


def _sdk(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra("reading AWS", "aws") from error
