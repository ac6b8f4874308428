import base64

import pytest

from nephoscope.assess.secrets import decoded, secret_in, secret_variable

KEY = "AKIA" + "IOSFODNN7" + "EXAMPLE"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"export AWS_ACCESS_KEY_ID={KEY}", "an AWS access key"),
        ("-----BEGIN " + "RSA PRIVATE KEY-----", "a private key"),
        ("gh" + "p_" + "a1" * 18, "a GitHub token"),
        ("postgres://app:" + "hunter22@db/x", "a password in an address"),
        ('password: "korrekt9Pferd"', "a password"),
        ("API_KEY = korrekt9Pferd", "a password"),
    ],
)
def test_a_secret_is_recognised_by_its_form(text, kind):
    assert secret_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "echo hello",
        "password=${PASSWORD}",
        "password: $(aws secretsmanager get-secret-value)",
        "https://example.org/a:b@c",
        "PASSWORD_LENGTH=14",
        "password: xxxxxxxx",
    ],
)
def test_what_only_speaks_of_secrets_is_none(text):
    assert secret_in(text) == ""


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("DB_PASSWORD", "korrekt9Pferd", "a password"),
        ("DB_PASSWORD", "short", ""),
        ("DB_PASSWORD_ARN", "korrekt9Pferd", ""),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db", ""),
        ("DB_PASSWORD", "{{resolve:secretsmanager:db}}", ""),
        ("STAGE", "production-eu", ""),
        ("X", KEY, "an AWS access key"),
    ],
)
def test_a_variables_name_may_tell_that_it_holds_a_secret(name, value, kind):
    assert secret_variable(name, value) == kind


def test_a_text_in_base64_is_decoded_and_another_left_alone():
    assert decoded(base64.b64encode(b"#!/bin/sh\necho").decode()) == "#!/bin/sh\necho"
    assert decoded("#!/bin/sh") == "#!/bin/sh"
