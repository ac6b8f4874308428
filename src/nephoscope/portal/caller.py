"""Who calls a route, and the one dependency by which a route declares what it asks of them."""

# Annotations are not postponed here: FastAPI reads those of `Needs.__call__` without this module's names.

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from nephoscope.portal.context import Portal
from nephoscope.portal.permissions import WHOLE, Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.store.scope import Scope

FRESH_S = 300
ASKED = ("/api/", "/metrics")


@dataclass(frozen=True)
class Caller:
    """A user, with the rights that this session or token has now.

    way: session, token, or nobody. proven_at: when they last proved who they are. response: of this request.
    """

    portal: Portal
    request: Request
    response: Response
    user: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    scope: Scope = Scope.of(())
    permissions: frozenset[Permission] = frozenset()
    way: str = "nobody"
    session: str = ""
    proven_at: datetime | None = None
    expires_at: datetime | None = None
    is_local: bool = True

    @property
    def ip(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def trace_id(self) -> str:
        return str(self.request.scope.get("trace_id", ""))

    @property
    def is_fresh(self) -> bool:
        """Whether they proved who they are so lately that they may approve and grant."""
        if self.proven_at is None:
            return False
        return (self.portal.clock() - self.proven_at).total_seconds() <= FRESH_S

    def may(self, permission: Permission) -> bool:
        """Whether they hold a permission, in a scope wide enough for it."""
        if permission in WHOLE and not self.scope.is_all:
            return False
        return permission in self.permissions

    def is_still(self) -> bool:
        """Whether they are still who they were when they asked: in the same scope, with no right less."""
        from nephoscope.portal.auth.resolve import resolve

        try:
            now = resolve(self.portal, self.request, Response())
        except ProblemError:
            return False
        return now.user == self.user and now.scope == self.scope and self.permissions <= now.permissions

    def require_fresh(self) -> None:
        """Raise the problem `step-up` unless they proved lately who they are."""
        if not self.is_fresh:
            raise ProblemError("step-up")


@dataclass(frozen=True)
class Needs:
    """The dependency: lets a request through to callers who hold the permission. is_fresh: and proved it lately."""

    permission: Permission
    is_fresh: bool = False

    def __call__(self, request: Request, response: Response) -> Any:
        from nephoscope.portal.auth.resolve import resolve

        if self._asks_nobody(request):
            return Caller(request.app.state.portal, request, response)
        caller = resolve(request.app.state.portal, request, response)
        if self.permission is Permission.PUBLIC:
            return caller
        if not caller.user:
            raise ProblemError("not-signed-in", headers={"WWW-Authenticate": "Bearer"})
        if self.permission is Permission.SIGNED_IN:
            if caller.way == "token" and request.method not in ("GET", "HEAD"):
                raise ProblemError("not-allowed", "A token does not change who holds it: sign in")
        elif not caller.may(self.permission):
            raise ProblemError("not-allowed", f"This asks for the permission {self.permission}")
        if self.is_fresh:
            caller.require_fresh()
        return caller

    def _asks_nobody(self, request: Request) -> bool:
        """The client's files ask nobody who they are; agents are no users, the gateway checks who signed."""
        if self.permission is Permission.AGENT:
            return True
        return self.permission is Permission.PUBLIC and not request.url.path.startswith(ASKED)


def allow(permission: Permission, *, fresh: bool = False) -> Any:
    """Declare what a route asks of its caller."""
    return Depends(Needs(permission, fresh))


Anyone = Annotated[Caller, allow(Permission.PUBLIC)]
Agent = Annotated[Caller, allow(Permission.AGENT)]
SignedIn = Annotated[Caller, allow(Permission.SIGNED_IN)]
FreshlySignedIn = Annotated[Caller, allow(Permission.SIGNED_IN, fresh=True)]
Reader = Annotated[Caller, allow(Permission.READ)]
Acknowledger = Annotated[Caller, allow(Permission.ACKNOWLEDGE)]
Proposer = Annotated[Caller, allow(Permission.PROPOSE)]
Approver = Annotated[Caller, allow(Permission.APPROVE, fresh=True)]
Responder = Annotated[Caller, allow(Permission.RESPOND)]
Custodian = Annotated[Caller, allow(Permission.EVIDENCE)]
Auditor = Annotated[Caller, allow(Permission.AUDIT)]
SqlReader = Annotated[Caller, allow(Permission.SQL)]
Player = Annotated[Caller, allow(Permission.PLAY)]
UserReader = Annotated[Caller, allow(Permission.USERS)]
UserAdmin = Annotated[Caller, allow(Permission.USERS, fresh=True)]
MetricsReader = Annotated[Caller, allow(Permission.METRICS)]
Sender = Annotated[Caller, allow(Permission.DELIVERIES)]
Scheduler = Annotated[Caller, allow(Permission.SCHEDULE)]
