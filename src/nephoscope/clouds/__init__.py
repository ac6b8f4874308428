"""How the outside is reached: the only SDK imports, inside functions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.clouds.aws import Aws


@dataclass(frozen=True)
class Clouds:
    """The providers that the configuration names; asking for one that it does not is an error that says so.

    wait: takes seconds and lets them pass, where a provider asks for patience; raises Stopped if nobody wants to wait.
    """

    aws_or_none: Aws | None = None
    wait: Callable[[float], None] = time.sleep

    def __init__(self, aws: Aws | None = None, wait: Callable[[float], None] = time.sleep) -> None:
        object.__setattr__(self, "aws_or_none", aws)
        object.__setattr__(self, "wait", wait)

    @property
    def aws(self) -> Aws:
        """Amazon Web Services, as configured."""
        if self.aws_or_none is None:
            raise ConfigError("no AWS account is configured: name one under [accounts.NAME] in nephoscope.toml")
        return self.aws_or_none
