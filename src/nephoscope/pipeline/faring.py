"""How jobs fare: what failed is a gap until a round succeeds, also while the ledger itself cannot be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import StoreError

if TYPE_CHECKING:
    from nephoscope.keep import Stores

Key = tuple[str, str, str, str]


@dataclass
class Faring:
    """Keeps how jobs fare. Where even that fails (a full disk), whoever watches is told, and the job goes on.

    untold: gaps that only whoever watches knows of; once there is room they are kept too, and coverage tells of them.
    """

    stores: Stores
    untold: dict[Key, Gap] = field(default_factory=dict[Key, Gap])

    def failed(self, gap: Gap) -> None:
        """A round raised."""
        self._keep([gap], [])

    def recovered(self, gap: Gap) -> None:
        """A round succeeded."""
        self._keep([], [gap])

    def _keep(self, gaps: list[Gap], closed: list[Gap]) -> None:
        untold = dict(self.untold)
        full = [gap for gap in untold.values() if gap.area == "store"]
        try:
            if untold:
                keep_gaps(self.stores, list(untold.values()))
            keep_gaps(self.stores, gaps, [*closed, *full])
        except StoreError as error:
            for gap in [*gaps, Gap("store", "ledger", str(error))]:
                self.untold[gap.key] = gap
                self.stores.listener.cannot_see(gap)
            return
        for key in untold:
            self.untold.pop(key, None)
