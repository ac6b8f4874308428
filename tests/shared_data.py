"""Where the real logs, rules and test cases lie that are not part of the project."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("NEPHOSCOPE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))


def shared(name: str) -> Path:
    """A file or folder of the shared data; the test is skipped, saying so, where there is none."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"real test data is absent: {path} (set NEPHOSCOPE_TEST_DATA)")
    return path
