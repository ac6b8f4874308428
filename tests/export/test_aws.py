import pytest

from nephoscope.clouds import Clouds
from nephoscope.export.aws import NotAllowed, called
from nephoscope.model.errors import AccessDenied, CloudError, DeliveryError


class Account:
    """Answers a call with an error."""

    def __init__(self, error):
        self.error = error

    def call(self, *_, **__):
        raise self.error


def denied():
    error = AccessDenied("sns:Publish", "AuthorizationError", "no")
    error.permission = "sns:Publish"
    return error


def test_a_missing_permission_is_final_and_named():
    with pytest.raises(NotAllowed, match="it needs sns:Publish") as refused:
        called(Clouds(Account(denied())), "sns", "Publish", "eu-west-1")
    assert (refused.value.is_final, refused.value.permission) == (True, "sns:Publish")


@pytest.mark.parametrize(("code", "is_final"), [("NotFound", True), ("Throttling", False), ("ConnectionError", False)])
def test_what_may_pass_is_not_final(code, is_final):
    with pytest.raises(DeliveryError) as refused:
        called(Clouds(Account(CloudError("sns:Publish", code))), "sns", "Publish", "eu-west-1")
    assert refused.value.is_final is is_final
