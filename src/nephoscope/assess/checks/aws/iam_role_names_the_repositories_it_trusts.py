from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.policy_document import statements

ISSUER = "token.actions.githubusercontent.com"


@check("AWS::IAM::Role", severity="critical")
def iam_role_names_the_repositories_it_trusts(role):
    """IAM role that trusts GitHub Actions names the organisation whose repositories may assume it.

    Why: the tokens of every repository on GitHub come from the same issuer.
    Fix: require token.actions.githubusercontent.com:sub to begin with repo:YOUR-ORGANISATION/.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html

    >>> issuer = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    >>> trust = {"Effect": "Allow", "Principal": {"Federated": issuer}, "Action": "sts:AssumeRoleWithWebIdentity"}
    >>> subject = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}
    >>> document = {"Statement": [{**trust, "Condition": subject}]}
    >>> iam_role_names_the_repositories_it_trusts({"AssumeRolePolicyDocument": document})
    Pass()
    >>> iam_role_names_the_repositories_it_trusts({"AssumeRolePolicyDocument": {"Statement": [trust]}})
    Fail('any repository on GitHub may assume it')
    >>> iam_role_names_the_repositories_it_trusts({"AssumeRolePolicyDocument": {"Statement": []}})
    NotApplicable('the role does not trust GitHub Actions')
    >>> iam_role_names_the_repositories_it_trusts({})
    Unknown('AssumeRolePolicyDocument was not collected')
    """
    trusting = [each for each in statements(role["AssumeRolePolicyDocument"]) if each.is_allow and trusts_github(each)]
    if not trusting:
        return NotApplicable("the role does not trust GitHub Actions")
    named = all(any(names_organisation(*condition) for condition in each.conditions()) for each in trusting)
    return Pass() if named else Fail("any repository on GitHub may assume it")


def trusts_github(statement):
    return any(kind == "Federated" and value.endswith(ISSUER) for kind, value in statement.principals())


def names_organisation(operator, key, values):
    """Whether a condition asks for a subject of one organisation; ForAllValues and …IfExists also hold without one."""
    name = operator.lower().removeprefix("foranyvalue:")
    if name not in ("stringequals", "stringlike", "stringequalsignorecase"):
        return False
    owners = [value.removeprefix("repo:").partition("/")[0] for value in values if value.startswith("repo:")]
    is_subject = key.lower() == f"{ISSUER}:sub"
    return is_subject and len(owners) == len(values) > 0 and not any(set("*?") & set(owner) for owner in owners)
