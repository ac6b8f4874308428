"""What every action promises, as tests: a test class inherits them and says what the action acts on."""

import contextlib
import json
from dataclasses import dataclass, field, replace

import pytest

from nephoscope.clouds.permission import permission_of
from nephoscope.model.errors import AccessDenied, Vanished
from nephoscope.respond.action import World
from tests.respond.estate import leftovers

TOKEN = "nephoscope-run1-3"
MOST_CALLS = 60


class Killed(BaseException):
    """The process ended here; nothing of it runs any more."""


@dataclass
class Box:
    """Evidence, by name."""

    kept: dict = field(default_factory=dict)

    def add(self, name, content, *, media_type, source, captured_at):
        self.kept[name] = content
        return str(hash(content))


@dataclass
class Known:
    """What the stores know: what a test puts here."""

    seen: list = field(default_factory=list)
    happened: list = field(default_factory=list)

    def item(self, type_, id_, account, region=""):
        return None

    def dependents(self, type_, id_, account):
        return []

    def flows(self, account, addresses, days=7):
        return self.seen

    def events(self, account, *, actor="", resource="", days=7):
        return self.happened


def world_of(aws, known=None):
    return World(aws, "run1", TOKEN, Box(), known or Known())


@dataclass
class Faulty:
    """AWS as given, that breaks at one call.

    at: the number of the call, from 1, which is not made. how: killed (nothing runs any more) or denied.
    """

    aws: object
    at: int
    how: str
    calls: int = 0

    def call(self, service, operation, **params):
        self._before(service, operation)
        return self.aws.call(service, operation, **params)

    def pages(self, service, operation, **params):
        self._before(service, operation)
        yield from self.aws.pages(service, operation, **params)

    def _before(self, service, operation):
        self.calls += 1
        if self.calls >= self.at and self.how == "killed":
            raise Killed
        if self.calls == self.at and self.how == "denied":
            error = AccessDenied(f"{service}:{operation}", "AccessDenied", "not authorized")
            error.permission = permission_of(service, operation)
            raise error


class Promises:
    """Inherit, and say how the three methods are for an action; `aws` is a fixture of the folder.

    unused: permissions that the arranged case does not need (those that AWS asks for beside a call are never seen).
    """

    unused = frozenset({"ec2:CreateTags"})

    def arrange(self, aws):
        """Make what the action acts on; returns the action."""
        raise NotImplementedError

    def changed_back(self, aws, action, state):
        """Somebody undoes what the action did."""
        raise NotImplementedError

    def gone(self, aws, action):
        """What the action acts on ends."""
        raise NotImplementedError

    @pytest.fixture
    def action(self, aws):
        return self.arrange(aws)

    @pytest.fixture
    def world(self, aws):
        return world_of(aws)

    @pytest.fixture
    def state(self, action, world):
        """The state before, as the ledger keeps it."""
        return recorded(action, world)

    def test_it_holds_and_can_be_taken_back(self, action, world, state, aws):
        assert action.verify(world, state), "it held before it was applied"

        output = action.apply(world, state)
        assert action.verify(world, state) == ""
        assert json.loads(json.dumps(dict(output))) == output

        action.revert(world, state)
        assert differing(state, recorded(action, world), action.may_differ) == []
        assert leftovers(aws, TOKEN) == []

    def test_twice_is_once(self, action, world, state, aws):
        first = action.apply(world, state)
        after, made = recorded(action, world), leftovers(aws, TOKEN)
        assert action.apply(world, state) == first
        assert differing(after, recorded(action, world), action.may_differ) == []
        assert leftovers(aws, TOKEN) == made
        assert action.verify(world, state) == ""

        action.revert(world, state)
        action.revert(world, state)
        assert differing(state, recorded(action, world), action.may_differ) == []

    def test_killed_before_any_call_it_is_done_or_taken_back(self, action, world, state, aws):
        for at in range(1, MOST_CALLS):
            if not killed(action.apply, replace(world, aws=Faulty(aws, at, "killed")), state):
                break
            if at % 2:
                action.apply(world, state)
                assert action.verify(world, state) == ""
            killed(action.revert, replace(world, aws=Faulty(aws, at, "killed")), state)
            action.revert(world, state)
            assert differing(state, recorded(action, world), action.may_differ) == []
            assert leftovers(aws, TOKEN) == []
        assert 1 < at < MOST_CALLS - 1

    def test_a_denied_call_is_told_and_leaves_nothing_that_cannot_be_taken_back(self, action, world, state, aws):
        for at in range(1, MOST_CALLS):
            if not denied(action.apply, replace(world, aws=Faulty(aws, at, "denied")), state):
                break
            action.revert(world, state)
            assert differing(state, recorded(action, world), action.may_differ) == []
            assert leftovers(aws, TOKEN) == []
        assert 1 < at < MOST_CALLS - 1

    def test_it_sees_that_somebody_changed_it_back(self, action, world, state, aws):
        action.apply(world, state)
        self.changed_back(aws, action, state)
        assert action.verify(world, state)

        action.apply(world, state)
        assert action.verify(world, state) == ""

    def test_what_is_gone_is_refused_and_does_not_stop_a_revert(self, action, world, state, aws):
        action.apply(world, state)
        self.gone(aws, action)
        with contextlib.suppress(Vanished):
            action.revert(world, state)
        with pytest.raises(Vanished):
            action.state(world)
        assert leftovers(aws, TOKEN) == []

    def test_it_uses_what_it_declares(self, action, world, state, aws):
        aws.used.clear()
        action.state(world)
        assert all(line.endswith(".") for line in action.plan(world, state))
        action.apply(world, state)
        action.verify(world, state)
        action.revert(world, state)
        assert aws.used <= set(action.permissions)
        assert set(action.permissions) - aws.used <= self.unused


def differing(recorded, found, may_differ):
    """The keys of two states that differ, but for those that may."""
    keys = {*recorded, *found} - {*may_differ}
    return sorted(key for key in keys if recorded.get(key) != found.get(key))


def recorded(action, world):
    return json.loads(json.dumps(action.state(world)))


def killed(work, *given):
    """Whether the process was killed in the work."""
    try:
        work(*given)
    except Killed:
        return True
    return False


def denied(work, *given):
    """The permission that was missing in the work, if one was."""
    try:
        work(*given)
    except AccessDenied as error:
        return error.permission
    return ""
