"""The API's contract: OpenAPI 3.1 made of the routes, as `docs/openapi.json` keeps it.

`python -m nephoscope.portal.contract docs/openapi.json` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.portal.problems import MEDIA
from nephoscope.portal.shapes.common import Problem

if TYPE_CHECKING:
    from fastapi import FastAPI

REF = "#/components/schemas/"


def of(app: FastAPI) -> dict[str, Any]:
    """The contract of an app; every route may answer with a Problem, and says what it asks of its caller."""
    if app.openapi_schema:
        return app.openapi_schema
    document = app.openapi()
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    made = Problem.model_json_schema(ref_template=f"{REF}{{model}}")
    schemas |= made.pop("$defs", {}) | {"Problem": made}
    document["info"]["description"] = "Continuous security monitoring of clouds: docs/guide/api.md explains it."
    content = {MEDIA: {"schema": {"$ref": f"{REF}Problem"}}}
    document["components"]["responses"] = {"Problem": {"description": "RFC 9457.", "content": content}}
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-nephoscope"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    needs = _needs(app)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, needs[path, method.upper()])
    app.openapi_schema = document
    return document


def _needs(app: FastAPI) -> dict[tuple[str, str], Any]:
    from nephoscope.portal.app import permissions

    return {(path, method): needs for path, methods, needs in permissions(app) for method in methods}


def _complete(operation: dict[str, Any], method: str, needs: Any) -> None:
    operation["x-permission"] = str(needs.permission)
    operation["security"] = [] if needs.permission == "public" else [{"session": []}, {"token": []}]
    operation["responses"].pop("422", None)
    for status in ("4XX", "5XX"):
        operation["responses"][status] = {"$ref": "#/components/responses/Problem"}
    if method == "get":
        operation["responses"]["304"] = {"description": "As it was seen."}


def text_of(app: FastAPI) -> str:
    """The contract as the repository keeps it."""
    return msgspec.json.format(msgspec.json.encode(of(app), order="sorted"), indent=1).decode() + "\n"


def main(path: str) -> None:
    """Write the contract."""
    from nephoscope.portal.app import make_app
    from nephoscope.portal.bare import bare_portal

    Path(path).write_text(text_of(make_app(bare_portal())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
