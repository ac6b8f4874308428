"""A configuration → its exporters and routes, checked, and what they reach the outside with."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from nephoscope.clouds.named import account_clouds
from nephoscope.clouds.safe_address import Network
from nephoscope.export.exporter import Outside, exporters_of
from nephoscope.export.route import load_routes
from nephoscope.model.coverage import Gap
from nephoscope.pipeline.notices import SCHEMA, Notices
from nephoscope.store.deliveries import count_deliveries
from nephoscope.store.gaps import close_absent, record_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.clouds import Clouds
    from nephoscope.config import Config
    from nephoscope.export.exporter import Exporter
    from nephoscope.export.route import Route
    from nephoscope.keep import Stores


@dataclass(frozen=True)
class Exports:
    """The exporters and routes of a configuration, by name."""

    exporters: Mapping[str, Exporter]
    routes: Mapping[str, Route]


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
