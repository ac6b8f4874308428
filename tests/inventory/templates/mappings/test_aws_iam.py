from tests.inventory.templates.mappings.terraform import items

IDENTITIES = """
resource "aws_iam_role" "r" {
  name               = "deploy"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*" }] })
}
resource "aws_iam_role_policy" "p" {
  name   = "all"
  role   = aws_iam_role.r.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = "deploy"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_user" "u" { name = "eve" }
resource "aws_iam_user_login_profile" "l" { user = aws_iam_user.u.name }
resource "aws_iam_policy_attachment" "s" {
  users      = [aws_iam_user.u.name]
  policy_arn = aws_iam_policy.own.arn
}
resource "aws_iam_policy" "own" {
  policy = <<JSON
{"Statement": []}
JSON
}
"""


def test_a_role_has_the_policies_that_are_put_on_it(tmp_path):
    role = items(tmp_path, IDENTITIES)["aws_iam_role.r"].configuration
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == "*"
    assert role["Policies"][0]["PolicyName"] == "all"
    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/AdministratorAccess"]


def test_a_user_has_its_password_and_what_is_attached_to_several(tmp_path):
    found = items(tmp_path, IDENTITIES)
    assert found["aws_iam_user.u"].configuration["LoginProfile"] == {}
    assert found["aws_iam_user.u"].configuration["ManagedPolicyArns"] == ["${aws_iam_policy.own.arn}"]
    assert found["aws_iam_policy.own"].configuration["PolicyDocument"] == {"Statement": []}


def test_a_password_policy_says_what_it_leaves_to_the_provider(tmp_path):
    text = 'resource "aws_iam_account_password_policy" "p" { max_password_age = 90 }'
    policy = items(tmp_path, text)["aws_iam_account_password_policy.p"].configuration
    assert (policy["ExpirePasswords"], policy["MinimumPasswordLength"], policy["Exists"]) == (True, 6, True)
