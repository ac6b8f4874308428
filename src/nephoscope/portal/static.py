"""The built client: hashed names for good, `index.html` always anew, unknown paths are the client's own routes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi.responses import FileResponse, HTMLResponse, Response

from nephoscope.portal.problems import ProblemError

if TYPE_CHECKING:
    from fastapi import Request

FOLDER = Path(__file__).parent / "static"
HASHED = re.compile(r"[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
NO_CLIENT = (
    "<!doctype html><html lang=en><title>Nephoscope</title><h1>Nephoscope</h1><p>The portal's client is not built into "
    "this installation. The API is served at /api/v1, its contract at /api/v1/openapi.json."
)
FOREVER = "public, max-age=31536000, immutable"


def served(request: Request, path: str, folder: Path = FOLDER) -> Response:
    """The file of a path; else, where a browser asks for a page, the client."""
    if path.startswith("api/") or path == "api":
        raise ProblemError("not-found")
    file = _file(path, folder)
    if file is not None:
        return _sent(request, file)
    if path.startswith("assets/"):
        raise ProblemError("not-found")
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(NO_CLIENT, headers={"Cache-Control": "no-cache"})
    return _sent(request, index)


def _file(path: str, folder: Path) -> Path | None:
    """A file of the client; no path leads out of its folder, nor to what browsers are not to have."""
    if not path or "\x00" in path or any(part.startswith(".") for part in path.split("/")):
        return None
    try:
        found = (folder / path).resolve()
        is_ours = found.is_relative_to(folder.resolve()) and found.is_file()
    except (OSError, ValueError):
        return None
    return found if is_ours and found.suffix in TYPES else None


def _sent(request: Request, file: Path) -> Response:
    headers = {"Cache-Control": FOREVER if HASHED.search(file.name) else "no-cache", "Vary": "Accept-Encoding"}
    packed = file.with_name(f"{file.name}.gz")
    media = TYPES[file.suffix]
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        return FileResponse(packed, media_type=media, headers=headers | {"Content-Encoding": "gzip"})
    return FileResponse(file, media_type=media, headers=headers)
