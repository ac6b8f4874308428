"""Where the real logs, rules and test cases lie that are not part of the project."""

import os
import tarfile
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


def unpack(archive: Path, folder: Path) -> Path:
    """An archive's plain files below a folder; anything that is no file, or would lie elsewhere, is left out.

    Python 3.11 before 3.11.4, which Debian 12 has, cannot be asked for this by `filter`.
    """
    with tarfile.open(archive) as members:
        for member in members:
            target = (folder / member.name).resolve()
            if member.isfile() and target.is_relative_to(folder.resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(members.extractfile(member).read())
    return folder
