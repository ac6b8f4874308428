"""Lambda functions ─ code and layers ─► packages, kept as a look at the function."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  a dataclass's field
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.keep import keep_gaps
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, Refused
from nephoscope.pipeline.agentless import AREA, FAILED, SCANNED, Outcome, outcome_of
from nephoscope.scan.functions import Functions
from nephoscope.store.packages import get_look, put_look

if TYPE_CHECKING:
    from nephoscope.agent.packages.package import Found
    from nephoscope.clouds.aws import Aws
    from nephoscope.keep import Stores
    from nephoscope.store.packages import Target

FUNCTION = "AWS::Lambda::Function"
BY = "function"
DEADLINE_S = 600.0


@dataclass(frozen=True)
class FunctionScans:
    """The arrow. aws_of: an account's id → AWS as the role that scans there; raises Refused where none is named."""

    stores: Stores
    aws_of: Callable[[str], Aws]

    def scan(self, target: Target) -> Outcome:
        """Look at a function, and keep what is found. What fails takes nothing away from what was seen before."""
        found: list[Found] = []
        permission = ""
        try:
            found += self._functions(target).look(target.id)
            outcome = outcome_of(target, found)
            if not found:
                outcome = Outcome(target, SCANNED)  # code without packages is no failure: all of it was read
        except (CloudError, Refused) as error:
            permission = error.permission if isinstance(error, AccessDenied) else ""
            outcome = replace(outcome_of(target, found), state=FAILED, cause=str(error), permission=permission)
        self._keep(outcome)
        return outcome

    def _functions(self, target: Target) -> Functions:
        aws = self.aws_of(target.account)
        http = SafeHttp(Network(allow_private=bool(aws.endpoint_url), deadline_s=DEADLINE_S))
        return Functions(aws, target.account, target.region, http)

    def _keep(self, outcome: Outcome) -> None:
        target = outcome.target
        with self.stores.ledger.write() as connection:
            if outcome.state != FAILED or get_look(connection, target) is None:
                put_look(connection, target, outcome.packages, BY, datetime.now(UTC), outcome.cause)
        gap = Gap(AREA, target.id, outcome.cause, target.account, target.region, outcome.permission)
        keep_gaps(self.stores, [gap] if outcome.cause else [], [] if outcome.cause else [gap])
