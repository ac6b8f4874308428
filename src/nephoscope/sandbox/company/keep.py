"""A seeded company, kept in the sandbox's folder for the incidents that play in it later."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.errors import ConfigError
from nephoscope.sandbox.company import Company

if TYPE_CHECKING:
    from pathlib import Path

FILE = "company.json"


def keep(company: Company, folder: Path) -> Path:
    """Write the company down, for its owner's eyes; returns the file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, fresh = folder / FILE, folder / f"{FILE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(company))
    fresh.replace(path)
    return path


def recall(folder: Path, endpoint_url: str) -> Company:
    """Read the company again, at the endpoint where its sandbox answers now.

    Raises ConfigError where none was kept, or where the file is not one.
    """
    path = folder / FILE
    try:
        company = msgspec.json.decode(path.read_bytes(), type=Company)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist: build the company first, with 'nephoscope sandbox seed'") from error
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} cannot be read as a company: {error}; seed a fresh sandbox") from error
    return replace(company, endpoint_url=endpoint_url)
