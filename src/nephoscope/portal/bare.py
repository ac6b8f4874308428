"""A portal without stores: for what is said of its routes without asking them anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nephoscope.config import Config
from nephoscope.detect.rule import RuleSet
from nephoscope.portal.context import Portal


def bare_portal() -> Portal:
    """Enough to make the app of."""
    none: Any = None
    return Portal(none, none, Config(Path("nowhere")), RuleSet(), secret=b"none")
