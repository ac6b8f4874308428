"""What went wrong with a request, as RFC 9457 says it.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.model.errors import NephoscopeError
from nephoscope.portal.shapes.common import Fault, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEDIA = "application/problem+json"
TYPES = "/api/v1/problems/"
# kind → status, title, what to do
KINDS: Mapping[str, tuple[int, str, str]] = {
    "bad-request": (400, "The request cannot be read", "Correct what `errors` points at."),
    "bad-query": (400, "The query cannot be read", "`errors` says where and why; GET /query/fields lists the fields."),
    "bad-cursor": (400, "The cursor is of another list", "Begin at the first page: a cursor holds for one q and sort."),
    "not-signed-in": (401, "You are not signed in", "Sign in, or send `Authorization: Bearer nph_…`."),
    "sign-in-failed": (401, "That did not sign you in", "Check name and password; after several failures wait."),
    "not-allowed": (403, "You may not do this", "Ask an administrator for a role that may, in this scope."),
    "step-up": (403, "Prove again who you are", "POST /auth/step-up, or a passkey, then repeat within five minutes."),
    "cross-site": (403, "The request came from another site", "Send it from the portal's own pages, or with a token."),
    "not-found": (404, "There is no such thing", "It is not there, or not in your scope."),
    "no-method": (405, "This cannot be done to it", "The header Allow says what can."),
    "conflict": (409, "It is not in a state for this", "Read it again."),
    "changed-meanwhile": (412, "It has changed meanwhile", "Read it again, and send its new ETag as If-Match."),
    "too-large": (413, "The request is too large", "Send at most 1 MB."),
    "bad-media": (415, "The body is not JSON", "Send Content-Type: application/json."),
    "bad-host": (421, "This host is not served here", "Name it in [portal] allowed_hosts."),
    "bad-value": (422, "A value cannot be taken", "`errors` points at each."),
    "no-version": (428, "Say which version you saw", "Send the object's ETag as If-Match."),
    "no-key": (428, "Say which attempt this is", "Send a new Idempotency-Key with each action, the same with a retry."),
    "too-many": (429, "Too many requests", "Wait as Retry-After says."),
    "fault": (500, "Something broke here", "The log has more under the trace_id."),
    "unreadable": (400, "What the agent sent cannot be read", "`detail` says where; the agent tells the gap."),
    "unknown-agent": (401, "No agent that is enrolled here signed this", "Enrol it: docs/guide/fleet.md."),
    "clock": (401, "The agent's clock is wrong", "`time` is this gateway's, in Unix seconds: send again by it."),
    "replay": (401, "This request was sent before", "Send a new one, with a new nonce."),
    "token": (403, "This token lets no host in", "nephoscope fleet token makes another."),
    "identity": (
        403,
        "The cloud's word for this instance is not proven",
        "[fleet] identity_certificate names whose is.",
    ),
    "waiting": (403, "A person has to approve this host", "nephoscope fleet approve, then ask again."),
    "clone": (409, "Two hosts use one key", "Enrol both anew, each with a key of its own."),
    "store": (503, "The store does not answer", "Try again; `detail` says what it answered."),
    "busy": (503, "Too much is sent at once", "Wait as Retry-After says."),
}


class ProblemError(NephoscopeError):
    """Raised anywhere below a route; becomes the answer. kind: of KINDS."""

    def __init__(
        self, kind: str, detail: str = "", errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or KINDS[kind][1])
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return KINDS[self.kind][0]

    def shape(self, instance: str, trace_id: str) -> Problem:
        """The answer's body."""
        status, title, _ = KINDS[self.kind]
        return Problem(
            type=f"{TYPES}{self.kind}",
            title=title,
            status=status,
            detail=self.detail,
            instance=instance,
            errors=self.errors,
            trace_id=trace_id,
        )


def kind_of(status: int) -> str:
    """The kind that a bare status stands for."""
    return next((kind for kind, (known, _, _) in KINDS.items() if known == status), "fault")
