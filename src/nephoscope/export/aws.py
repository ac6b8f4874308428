"""Calls to AWS that send a notice: the SDK has tried again where that helps, and what it raises tells what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import AccessDenied, CloudError, DeliveryError

if TYPE_CHECKING:
    from nephoscope.clouds import Clouds

FINAL = frozenset(
    (
        "InvalidAccessException",
        "InvalidInputException",
        "InvalidParameter",
        "InvalidParameterValue",
        "NotFound",
        "NotFoundException",
        "ResourceNotFoundException",
        "ValidationError",
        "ValidationException",
    )
)


class NotAllowed(DeliveryError):
    """AWS refused a call; `permission` is the one that is missing."""

    permission: str = ""


def called(clouds: Clouds, service: str, operation: str, region: str, **params: Any) -> Any:
    """One call's answer. Raises DeliveryError, naming the permission where one is missing."""
    try:
        return clouds.aws.call(service, operation, region=region, **params)
    except AccessDenied as error:
        refused = NotAllowed("AWS", f"{error} (it needs {error.permission})", is_final=True)
        refused.permission = error.permission
        raise refused from error
    except CloudError as error:
        raise DeliveryError("AWS", str(error), is_final=error.code in FINAL) from error
