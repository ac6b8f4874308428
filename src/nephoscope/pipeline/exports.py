"""A configuration → its exporters and routes, checked, and what they reach the outside with."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from nephoscope.clouds.named import account_clouds
from nephoscope.clouds.safe_address import Network
from nephoscope.export.exporter import Outside, exporters_of
from nephoscope.export.notice import Notice, of_playbook, to_body
from nephoscope.export.route import load_routes
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import Refused
from nephoscope.model.finding import Finding, Kind, Severity, Status
from nephoscope.pipeline.notices import SCHEMA, Notices, parked_gap
from nephoscope.settings import nearest
from nephoscope.store.deliveries import Delivery, count_deliveries, delivery_id, drop, put_deliveries, retry
from nephoscope.store.feed import last_number
from nephoscope.store.findings import StoredFinding
from nephoscope.store.gaps import close_absent, close_gaps, record_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.clouds import Clouds
    from nephoscope.config import Config
    from nephoscope.export.exporter import Exporter
    from nephoscope.export.route import Route
    from nephoscope.keep import Stores
    from nephoscope.store.ledger import Ledger


@dataclass(frozen=True)
class Exports:
    """The exporters and routes of a configuration, by name."""

    exporters: Mapping[str, Exporter]
    routes: Mapping[str, Route]


@dataclass(frozen=True)
class Told:
    """Where playbooks leave what they tell people: with the deliveries, past every route."""

    config: Config
    ledger: Ledger

    def tell(self, exporter: str, title: str, text: str, token: str) -> str:
        """Leave a notice, once per token; returns its id. Raises Refused if there is no such exporter."""
        known = self.config.exporters
        if exporter not in known:
            raise Refused(f"there is no exporter '{exporter}'{nearest(exporter, known)}")
        id_ = delivery_id(exporter, "", token, 1, "told")
        now = datetime.now(UTC)
        notice = of_playbook(id_, title, text, now)
        with self.ledger.write() as connection:
            number = last_number(connection)
            body = to_body(notice)
            made = Delivery(id_, exporter, "", "told", notice.uid, title, 1, number, "waiting", body, now, now)
            put_deliveries(connection, [made])
        return id_


def exports_of(config: Config) -> Exports:
    """What a configuration says of exporters and routes. Raises ConfigError for anything that is wrong."""
    exporters = exporters_of(config.exporters)
    return Exports(exporters, load_routes(config.routes, exporters, SCHEMA))


def outside_of(config: Config) -> Outside:
    """The outside as exporters reach it: the network guarded, an account by its configured name."""

    @cache
    def clouds(name: str) -> Clouds:
        return account_clouds(config, name)

    return Outside(Network(), clouds, _say, lambda: datetime.now(UTC))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def notices_of(config: Config, stores: Stores) -> list[Notices]:
    """The arrow of each exporter that a configuration names. Raises ConfigError as `exports_of`."""
    exports = exports_of(config)
    outside = outside_of(config)
    routes = list(exports.routes.values())
    _settle(stores, exports)
    return [Notices(name, exporter, routes, stores, outside) for name, exporter in exports.exporters.items()]


def _settle(stores: Stores, exports: Exports) -> None:
    """Close gaps of what is configured no more, and open one for what still waits for an exporter that is not there."""
    with stores.ledger.write() as connection:
        close_absent(connection, "export", exports.exporters)
        close_absent(connection, "route", ())
        counts = count_deliveries(connection)
        left = {name: states.get("waiting", 0) + states.get("parked", 0) for name, states in counts.items()}
        orphans = [
            Gap("export", name, f"{count} deliveries wait for it, and there is no exporter of this name")
            for name, count in left.items()
            if count and name not in exports.exporters
        ]
        record_gaps(connection, orphans)


def send_test(config: Config, name: str) -> None:
    """Send a notice that is marked as a test, now, past every route. Raises DeliveryError and ConfigError.

    Where notices open something (an incident, an issue, a finding), this one does too.
    """
    failed = exports_of(config).exporters[name].send([_test_notice()], outside_of(config))
    for error in failed.values():
        raise error


def _test_notice() -> Notice:
    now = datetime.now(UTC)
    id_ = uuid4().hex
    title = "Test notice from Nephoscope: nothing happened"
    finding = Finding(
        Kind.DETECTION, "test_notice", title, Severity.INFORMATIONAL, (id_,), now, "somebody tries it out"
    )
    return Notice(id_, "test", StoredFinding(finding, Status.OPEN, 1, now, now), now)


def put_again(connection: Connection, ids: Sequence[str], how: Literal["retry", "drop"], now: datetime) -> list[str]:
    """Retry deliveries that are parked, or give up those that are not sent, and close their gaps; those concerned."""
    done = retry(connection, ids, now) if how == "retry" else drop(connection, ids, now)
    close_gaps(connection, [parked_gap(each).key for each in done])
    return [each.id for each in done]
