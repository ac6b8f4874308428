"""A company of three accounts in four regions, good and bad configuration mixed; the same at every seeding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nephoscope.sandbox.company import compute, declared, identities, network, organisation, storage
from nephoscope.sandbox.company.compute import Machine  # noqa: TC001 - as above
from nephoscope.sandbox.company.organisation import Account, Logs  # noqa: TC001 - a saved company is read by its types
from nephoscope.sandbox.company.reach import REGIONS, Keys, Reach, refuse_outside

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MANAGEMENT", "Company", "Resource", "seed"]

MANAGEMENT = "111111111111"


@dataclass(frozen=True)
class Resource:
    """Something that the seeding made. id: as CloudFormation names it, or the ARN."""

    type: str
    account: str
    region: str
    id: str


@dataclass(frozen=True)
class Company:
    """What there is to know of a seeded company.

    product: the keys of the user `nephoscope` in the security account, who may assume `read_role` in every account
    and the role of each action, by `respond_role`, and read the logs. program_keys: long-lived keys of the company's
    programs, by `account/user`. public_cache: the bucket of the development account in which one of them lies open.
    machines: by `account/region/name`.
    """

    endpoint_url: str
    organisation_id: str
    security: Account
    production: Account
    development: Account
    product: Keys
    logs: Logs
    public_cache: str
    customer_bucket: str
    regions: tuple[str, ...] = REGIONS
    read_role: str = organisation.READ_ROLE
    respond_role: str = organisation.RESPOND_ROLE
    external_id: str = organisation.EXTERNAL_ID
    access_role: str = organisation.ACCESS_ROLE
    trail: str = organisation.TRAIL
    development_trail: str = organisation.DEVELOPMENT_TRAIL
    machines: dict[str, Machine] = field(default_factory=dict)
    program_keys: dict[str, Keys] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()

    @property
    def accounts(self) -> tuple[Account, Account, Account]:
        return self.security, self.production, self.development

    def acting(self, account: Account, role: str, session: str, source_ip: str = "", user_agent: str = "") -> Reach:
        """A person's reach in a role of an account, got through the company's own login."""
        login = Reach(self.endpoint_url, self.program_keys["security/engineering-login"], source_ip, user_agent)
        return login.assume(account.role_arn(role), session)

    def counts(self) -> Counter[str]:
        """How many resources there are of each type."""
        return Counter(resource.type for resource in self.resources)


def seed(endpoint_url: str, *, management: str = MANAGEMENT, progress: Callable[[str], None] | None = None) -> Company:
    """Build the company in the sandbox at an endpoint, one call after the other.

    management: the account id of the organisation's management. progress: told what is being built.
    Raises ConfigError for an endpoint that is not on the loopback; what the sandbox refuses is botocore's ClientError.
    """
    tell = progress or (lambda _: None)
    refuse_outside(endpoint_url)
    tell("organisation and accounts")
    founded = organisation.found(endpoint_url, management)
    tell("log archive and trail")
    logs = organisation.keep_logs(founded)
    product = organisation.let_the_product_read(founded, logs)
    tell("roles of the actions")
    organisation.let_the_product_act(founded)
    tell("identities")
    keys = identities.hire(founded)
    tell("networks")
    sites = network.lay(founded, logs)
    tell("machines")
    machines = compute.run(founded, sites, keys)
    tell("data")
    storage.fill(founded, sites, keys)
    tell("what Terraform and CloudFormation declare")
    declared.deploy(founded)
    return Company(
        endpoint_url=endpoint_url,
        organisation_id=founded.id,
        security=founded.security,
        production=founded.production,
        development=founded.development,
        product=product,
        logs=logs,
        public_cache=storage.bucket_name(founded, "development", "build-cache"),
        customer_bucket=storage.bucket_name(founded, "production", "customer-exports"),
        machines=machines,
        program_keys=keys,
        resources=tuple(
            Resource(kind, account, region, identity)
            for account, reach in founded.reaches.items()
            for kind, region, identity in reach.made
        ),
    )
