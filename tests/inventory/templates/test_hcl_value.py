import json

import pytest

from nephoscope.inventory.templates.hcl import parse
from nephoscope.inventory.templates.hcl_value import Scope, evaluate
from nephoscope.inventory.templates.unresolved import Unresolved

TAGS = {"a": "b"}
SCOPE = Scope(
    {
        "var": {"env": "prod", "ports": [22, 80], "secret": Unresolved("the variable secret has no default")},
        "local": {"tags": TAGS, "rules": [{"port": 1}, {"port": 2}]},
    },
    frozenset({"aws_kms_key.key", "aws_s3_bucket.logs"}),
)


def value_of(text):
    return evaluate(parse(f"x = {text}\n", "t.tf").attributes["x"], SCOPE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"${var.env}-logs"', "prod-logs"),
        ('"a\\n\\"b\\" $${x}"', 'a\n"b" ${x}'),
        ("var.ports[1]", 80),
        ('local.tags["a"]', "b"),
        ("local.rules[*].port", [1, 2]),
        ('var.env == "prod" ? 2 : 0', 2),
        ("1 + 2 * 3 - -1", 8),
        ("!(1 < 2) || true", True),
        ("[for p in var.ports : p + 1 if p > 22]", [81]),
        ('{for k, v in local.tags : upper(k) => "${v}!"}', {"A": "b!"}),
        ("{for p in var.ports : var.env => p...}", {"prod": [22, 80]}),
        (
            'merge(local.tags, { c = var.env, "d" = null, (var.env) = 1 })',
            {"a": "b", "c": "prod", "d": None, "prod": 1},
        ),
        ("concat([var.ports, [1]]...)", [22, 80, 1]),
        ('try(var.nothing, "else")', "else"),
        ('coalesce(null, "x")', "x"),
        ("aws_kms_key.key.arn", "${aws_kms_key.key.arn}"),
        ("aws_s3_bucket.logs[0].id", "${aws_s3_bucket.logs[0].id}"),
        ('"${aws_kms_key.key.arn}/x"', "${aws_kms_key.key.arn}/x"),
        ("[22, 80]", [22, 80]),
        ("1.5", 1.5),
    ],
)
def test_what_the_files_decide_is_evaluated(text, value):
    assert value_of(text) == value


def test_json_is_encoded_as_terraform_does():
    assert json.loads(value_of('jsonencode({ Version = "x", n = [true, null, 1.0] })')) == {
        "Version": "x",
        "n": [True, None, 1.0],
    }


def test_heredocs_are_text_with_or_without_indent():
    assert value_of("<<EOF\n  a\n b\nEOF") == "  a\n b\n"
    assert value_of("<<-EOF\n    a\n      b\n    EOF") == "a\n  b\n"


@pytest.mark.parametrize(
    "text",
    [
        "var.secret",
        '"x-${var.secret}"',
        "data.aws_region.here.name",
        "unknown_function(1)",
        "var.ports[7]",
        "jsonencode({ a = var.secret })",
        'var.secret == "x" ? 1 : 2',
        '1 + "x"',
        "1 / 0",
        "[for x in var.secret : x]",
        'aws_kms_key.key.arn == "x"',
        "range(99999999)",
    ],
)
def test_what_they_do_not_decide_is_unresolved_with_its_cause(text):
    found = value_of(text)

    assert isinstance(found, Unresolved)
    assert found.cause


def test_a_hole_in_a_list_or_object_leaves_the_rest_known():
    found = value_of("{ a = var.secret, b = [1, var.secret] }")

    assert isinstance(found["a"], Unresolved)
    assert found["b"][0] == 1
