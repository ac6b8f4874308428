"""What tests of captures need: an AWS that answers as it is told, and what of it became evidence."""

import json
from dataclasses import dataclass, field

from nephoscope.clouds.permission import permission_of
from nephoscope.model.errors import AccessDenied, CloudError
from tests.respond.estate import ACCOUNT, REGION
from tests.respond.harness import Known, world_of

PLACE = {"account": ACCOUNT, "region": REGION}


@dataclass
class Scripted:
    """Answers by operation: a value, an error's code, or a list of either, the last of which stays."""

    answers: dict
    asked: list = field(default_factory=list)
    used: set = field(default_factory=set)

    def call(self, service, operation, *, account="", region="", **params):
        self.used.add(permission_of(service, operation))
        self.asked.append((operation, params))
        answer = self.answers.get(operation, "NotImplemented")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer == "AccessDenied":
            raise AccessDenied(f"{service}:{operation}", "AccessDenied", "not authorized")
        if isinstance(answer, str):
            raise CloudError(f"{service}:{operation}", answer, "no")
        return answer

    def pages(self, service, operation, **params):
        yield self.call(service, operation, **params)


@dataclass
class Denying:
    """AWS as given, but that everything, or one operation, is denied."""

    aws: object
    operation: str = ""

    def call(self, service, operation, **params):
        if self.operation in ("", operation):
            error = AccessDenied(f"{service}:{operation}", "UnauthorizedOperation", "not authorized")
            error.permission = permission_of(service, operation)
            raise error
        return self.aws.call(service, operation, **params)

    def pages(self, service, operation, **params):
        if self.operation in ("", operation):
            self.call(service, operation, **params)
        yield from self.aws.pages(service, operation, **params)


def captured(action, aws, known=None, state=None):
    """The evidence of one action, by name, and what it told."""
    world = world_of(aws, known or Known())
    state = action.state(world) if state is None else state
    told = action.apply(world, state)
    assert json.loads(json.dumps(told)) == told
    return world.evidence.kept, told


def missing(kept):
    """What evidence says is missing: what → why."""
    [statement] = [json.loads(kept[name]) for name in kept if name.endswith("/not_captured.json")]
    return {each["what"]: each["why"] for each in statement}
