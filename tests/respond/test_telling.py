from dataclasses import dataclass, field, replace

import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.notify import Notify
from tests.respond.harness import TOKEN, world_of

ACTION = Notify("123456789012", "eu-west-1", "security", "A key leaked", "See the finding.")


@dataclass
class Left:
    """Notices, by token."""

    by_token: dict = field(default_factory=dict)

    def tell(self, exporter, title, text, token):
        if exporter != "security":
            raise Refused(f"there is no exporter {exporter}")
        self.by_token[token] = (title, text)
        return f"n-{len(self.by_token)}"


def test_a_notice_is_left_once_however_often_a_step_is_repeated():
    world = replace(world_of(None), notices=Left())

    assert ACTION.apply(world, ACTION.state(world)) == ACTION.apply(world, {}) == {"notice": "n-1"}
    assert world.notices.by_token == {TOKEN: ("A key leaked", "See the finding.")}
    assert ACTION.verify(world, {}) == ""
    ACTION.revert(world, {})


def test_where_nothing_delivers_it_is_refused():
    with pytest.raises(Refused, match="security cannot be told"):
        ACTION.apply(world_of(None), {})
