import pytest

from nephoscope.sandbox.company.policies import allow, document, log_archive, public_read, tls_only, trust
from nephoscope.sandbox.iam.policy import parse_policy


@pytest.mark.parametrize(
    "text",
    [
        document(allow("s3:GetObject")),
        trust(Service="ec2.amazonaws.com"),
        trust(AWS="111122223333"),
        public_read("b"),
        tls_only("b"),
        log_archive("b", "o-1", ["111122223333"]),
    ],
)
def test_every_policy_of_the_company_is_well_formed(text):
    assert parse_policy(text).statements
