"""What can go wrong, by who has to act on it.

NephoscopeError
├── ConfigError        nephoscope.toml, a flag or the environment is wrong: the operator mends it
├── ContentError       a rule, check or other plugin does not load: its author mends it
├── SourceError        a log source could not be read, or holds what cannot be read
├── NotCollected       a part of an item is not known: the verdict is Unknown
├── CloudError         a call to a provider failed
│   └── AccessDenied   … because a permission is missing, which is named
├── StoreError         the lake or the ledger cannot be opened, read or written
├── DeliveryError      a notice did not reach its receiver
│   └── AddressRefused … because an address may not be reached
├── HostRefused        an agent's request is refused: its `kind` says why
├── Stopped            somebody wants to stop: what was waited for is left, and asked for at the next start
├── MissingExtra       a part of Nephoscope is not installed: the message says how to
├── ActionError
│   ├── Refused        policy or circumstances forbid the action
│   │   └── Vanished   … what it is about is not there any more
│   └── Irreversible   the prior state cannot be put back
└── CustodyError       evidence is not what was sealed
"""


class NephoscopeError(Exception):
    """Anything of ours; its text says what was asked, of what, what came back, and what to do."""


class ConfigError(NephoscopeError):
    """The operator's configuration is wrong."""


class ContentError(NephoscopeError):
    """A plugin does not load.

    where: file, and line where known, as `file:line`.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class SourceError(NephoscopeError):
    """A log object, or a place in one, cannot be read.

    where: the object; place: record index, line or byte in it, where known.
    """

    def __init__(self, where: str, reason: str, place: str = "") -> None:
        super().__init__(f"{where}{f' ({place})' if place else ''}: {reason}")
        self.where = where
        self.place = place
        self.reason = reason


class NotCollected(NephoscopeError):
    """A part of an item that a check asked for is not known."""

    def __init__(self, pointer: str, cause: str = "was not collected") -> None:
        super().__init__(f"{pointer} {cause}")
        self.pointer = pointer
        self.cause = cause


class CloudError(NephoscopeError):
    """A call to a provider failed.

    call: `service:Operation`; code: the provider's own error code.
    """

    def __init__(self, call: str, code: str, message: str = "", *, account: str = "", region: str = "") -> None:
        place = f" in {' '.join(filter(None, (account, region)))}" if account or region else ""
        super().__init__(f"{call}{place} answered {code}: {message}".rstrip(": "))
        self.call = call
        self.code = code
        self.message = message
        self.account = account
        self.region = region


class AccessDenied(CloudError):
    """A call was refused; `permission` is the one that is missing."""

    permission: str = ""


class StoreError(NephoscopeError):
    """The lake or the ledger cannot be opened, read or written."""


class DeliveryError(NephoscopeError):
    """A notice did not reach its receiver.

    is_final: the receiver refused it, so that sending the same again will not help. after_s: when it wants to be asked
    again, where it said so.
    """

    def __init__(self, receiver: str, reason: str, *, is_final: bool = False, after_s: float = 0.0) -> None:
        super().__init__(f"{receiver}: {reason}")
        self.receiver = receiver
        self.reason = reason
        self.is_final = is_final
        self.after_s = after_s


class AddressRefused(DeliveryError):
    """An address that a name stands for may not be reached; the text says which, and why."""

    def __init__(self, receiver: str, reason: str) -> None:
        super().__init__(receiver, reason, is_final=True)


class HostRefused(NephoscopeError):
    """An agent's request is refused.

    kind: unreadable, too-large, unknown-agent, clock, replay, token, identity, waiting, busy or clone; the last part
    of the problem's type that the agent is answered.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Stopped(NephoscopeError):
    """Somebody wants to stop, so that nothing is waited for any more."""


class MissingExtra(NephoscopeError):
    """A part of Nephoscope is not installed."""

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(f"{need} needs the extra '{extra}': pip install 'nephoscope[{extra}]'")
        self.extra = extra


class ActionError(NephoscopeError):
    """An action cannot be taken, or not be taken back."""


class Refused(ActionError):
    """Policy or circumstances forbid an action; the text says which, and what to do."""


class Vanished(Refused):
    """What an action is about is not there, or not any more."""


class Irreversible(ActionError):
    """The prior state cannot be put back."""


class CustodyError(NephoscopeError):
    """Evidence is not what was sealed, or cannot be kept."""
