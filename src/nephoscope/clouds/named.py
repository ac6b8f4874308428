"""From accounts as the configuration names them to accounts as the clouds are reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import ConfigError, Refused
from nephoscope.settings import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nephoscope.config import Account, Config

CREDENTIALS = ("", "environment")


def aws_account(account: Account, name: str = "") -> AwsAccount:
    """One account's credentials, exactly as named. Raises ConfigError when none or several are.

    name: the account's in the configuration.
    """
    where = f"accounts.{name or account.id}"
    if account.provider != "aws":
        raise ConfigError(f"{where}: there is no provider '{account.provider}'; there is aws")
    if account.credentials not in CREDENTIALS:
        raise ConfigError(f"{where}: credentials are '{account.credentials}', not 'environment'")
    if bool(account.profile) is bool(account.credentials):
        raise ConfigError(f'{where}: name exactly one of profile = "…" and credentials = "environment"')
    return AwsAccount(
        id=account.id,
        profile=account.profile,
        environment=account.credentials == "environment",
        role=account.role_arn,
        external_id=account.external_id,
        regions=account.regions,
    )


def clouds_of(config: Config) -> Clouds:
    """The accounts whose configuration is read. Raises ConfigError for one that is named twice."""
    return _reached(config, {name: account for name, account in config.accounts.items() if account.is_inventoried})


def log_clouds_of(config: Config) -> Clouds:
    """What the sources read with: the credentials that only read logs, before those that also read configuration."""
    for_logs = {name: account for name, account in _read(config).items() if not account.inventory}
    own = {account.id for account in for_logs.values()}
    others = {name: account for name, account in _read(config).items() if account.id not in own}
    return _reached(config, for_logs | others)


def account_clouds(config: Config, name: str) -> Clouds:
    """The one account of this name, for an exporter. Raises ConfigError if there is none, naming the nearest."""
    if name not in config.accounts:
        raise ConfigError(f"there is no account '{name}'{nearest(name, config.accounts)}")
    return _reached(config, {name: config.accounts[name]})


def _read(config: Config) -> dict[str, Account]:
    """The accounts that something is read with."""
    return {name: account for name, account in config.accounts.items() if not account.export}


def acting_of(config: Config) -> Callable[[str, str], Aws]:
    """From an action's name and an account's id to AWS through that action's role; each is made once.

    What it returns raises Refused for an account in which nothing may be done: its configuration names no role.
    """
    by_id = {account.id: (name, account) for name, account in config.accounts.items() if account.respond_role}

    def aws_for(action: str, account_id: str) -> Aws:
        if account_id not in by_id:
            raise Refused(f"nothing may be done in account {account_id}: name a respond_role in its [accounts.NAME]")
        name, account = by_id[account_id]
        own = replace(aws_account(account, name), role=account.respond_role.replace("{action}", action))
        return Aws((own,), config.aws.endpoint_url, calls_per_s=config.aws.calls_per_s)

    return cache(aws_for)


def scanning_of(config: Config) -> Callable[[str], Aws]:
    """From an account's id to AWS through the role that scans disks there; each is made once.

    What it returns raises Refused for an account in which none may be scanned: its configuration names no role.
    """
    by_id = {account.id: (name, account) for name, account in config.accounts.items() if account.scan_role}

    def aws_for(account_id: str) -> Aws:
        if account_id not in by_id:
            raise Refused(f"no disk may be scanned in account {account_id}: name a scan_role in its [accounts.NAME]")
        name, account = by_id[account_id]
        own = replace(aws_account(account, name), role=account.scan_role)
        return Aws((own,), config.aws.endpoint_url, calls_per_s=config.aws.calls_per_s)

    return cache(aws_for)


def _reached(config: Config, accounts: Mapping[str, Account]) -> Clouds:
    named = [aws_account(account, name) for name, account in accounts.items()]
    for id_ in _twice(account.id for account in named):
        names = " and ".join(name for name, account in accounts.items() if account.id == id_)
        raise ConfigError(f"accounts {names} are both {id_}: say inventory = false for the one that only reads logs")
    aws = Aws(tuple(named), config.aws.endpoint_url, calls_per_s=config.aws.calls_per_s) if named else None
    return Clouds(aws)


def _twice(ids: Iterable[str]) -> list[str]:
    counted = Counter(ids)
    return [id_ for id_, times in counted.items() if times > 1]
