"""The tables name operations and members that exist."""

import pytest

from nephoscope.sandbox.always import REQUEST_ALWAYS, RESPONSE_ALWAYS, RESPONSE_NEVER
from nephoscope.sandbox.answer import operation_model
from tests.sandbox.made import call


@pytest.mark.parametrize("key", sorted({*REQUEST_ALWAYS, *RESPONSE_ALWAYS, *RESPONSE_NEVER}), ids=":".join)
def test_what_is_added_or_dropped_belongs_to_an_operation_that_there_is(key):
    assert operation_model(call(*key)) is not None
