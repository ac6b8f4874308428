"""From accounts as the configuration names them to accounts as the clouds are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import ConfigError

if TYPE_CHECKING:
    from nephoscope.config import Account, Config

CREDENTIALS = ("", "environment")


def aws_account(account: Account) -> AwsAccount:
    """One account's credentials, exactly as named. Raises ConfigError when none or several are."""
    if account.provider != "aws":
        raise ConfigError(f"accounts: there is no provider '{account.provider}'; there is aws")
    if account.credentials not in CREDENTIALS:
        raise ConfigError(f"accounts: credentials of {account.id} are '{account.credentials}', not 'environment'")
    return AwsAccount(
        id=account.id,
        profile=account.profile,
        environment=account.credentials == "environment",
        role=account.role_arn,
        external_id=account.external_id,
        regions=account.regions,
    )


def clouds_of(config: Config) -> Clouds:
    """The providers that a configuration names."""
    named = [aws_account(account) for account in config.accounts.values()]
    aws = Aws(tuple(named), config.aws.endpoint_url, calls_per_s=config.aws.calls_per_s) if named else None
    return Clouds(aws)
