"""How the sandbox's own scripts reach it: an explicit loopback endpoint, fake keys, nobody's configuration."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nephoscope.model.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1", "us-west-2")
SOURCE_IP_HEADER = "X-Forwarded-For"


def refuse_outside(endpoint_url: str) -> str:
    """The endpoint, if it is a plain HTTP address on this machine's loopback; ConfigError for any other."""
    parts = urlsplit(endpoint_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not (host == "localhost" or _is_loopback(host)):
        raise ConfigError(
            f"sandbox scripts were asked to call {endpoint_url}: they call nothing but a loopback address; "
            "start one with `nephoscope sandbox up` and give its address"
        )
    return endpoint_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Keys:
    """Credentials of the sandbox; they are worth nothing elsewhere."""

    access_key_id: str
    secret: str = field(default="sandbox", repr=False)
    token: str = field(default="", repr=False)


def root_keys(account: str) -> Keys:
    """The root user's keys of an account of the sandbox."""
    return Keys(f"AKIAROOT{account}")


@dataclass
class Reach:
    """Clients for one set of keys, as one caller uses them: from one address, with one user agent.

    made: how many resources of each CloudFormation type were made through it, (type, region, id).
    """

    endpoint_url: str
    keys: Keys
    source_ip: str = ""
    user_agent: str = ""
    made: list[tuple[str, str, str]] = field(default_factory=list)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.endpoint_url = refuse_outside(self.endpoint_url)

    def client(self, service: str, region: str = REGIONS[0]) -> Any:
        """A boto3 client, made once."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._made(service, region)
        return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:
        from botocore.config import Config

        options: dict[str, Any] = {"user_agent": self.user_agent} if self.user_agent else {}
        client = _session().create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.keys.access_key_id,
            aws_secret_access_key=self.keys.secret,
            aws_session_token=self.keys.token or None,
            config=Config(
                retries={"max_attempts": 1},
                parameter_validation=False,
                inject_host_prefix=False,
                proxies={},
                s3={"addressing_style": "path"},
                **options,
            ),
        )
        if self.source_ip:
            client.meta.events.register("before-sign.*.*", self._add_address)
        return client

    def _add_address(self, request: Any, **_: Any) -> None:
        request.headers[SOURCE_IP_HEADER] = self.source_ip

    def made_one(self, kind: str, identity: str, region: str = REGIONS[0]) -> str:
        """Note a resource; returns its id."""
        self.made.append((kind, region, identity))
        return identity

    def assume(self, role_arn: str, session_name: str, **more: Any) -> Reach:
        """The reach of a role that these keys may assume, from the same place."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session_name, **more)
        return Reach(self.endpoint_url, session_keys(answer["Credentials"]), self.source_ip, self.user_agent)


def session_keys(credentials: Mapping[str, str]) -> Keys:
    """Temporary credentials as STS's answers and the instance metadata service write them."""
    token = credentials.get("SessionToken") or credentials.get("Token", "")
    return Keys(credentials["AccessKeyId"], credentials["SecretAccessKey"], token)


@cache
def _session() -> Any:
    """A botocore session that reads no file and no profile of the user's; its models are loaded once."""
    try:
        import botocore.session
    except ImportError as error:
        raise MissingExtra("the sandbox", "sandbox") from error
    nothing = {name: (None, None, "/dev/null", None) for name in ("config_file", "credentials_file")}
    return botocore.session.Session(session_vars={**nothing, "profile": (None, None, None, None)})
