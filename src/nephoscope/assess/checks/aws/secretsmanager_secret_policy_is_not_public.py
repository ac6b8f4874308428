from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.policy_document import public_attached


@check("AWS::SecretsManager::Secret", "AWS::SecretsManager::ResourcePolicy", severity="critical")
def secretsmanager_secret_policy_is_not_public(secret):
    """Secret's policy gives nothing to everyone.

    Why: anyone with an AWS account could read the secret.
    Fix: name the principals; let Secrets Manager block public policies.
    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html

    >>> secretsmanager_secret_policy_is_not_public({"ResourcePolicy": None})
    Pass()
    >>> everyone = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue"}
    >>> secretsmanager_secret_policy_is_not_public({"ResourcePolicy": {"Statement": [everyone]}})
    Fail('everyone may secretsmanager:GetSecretValue')
    >>> secretsmanager_secret_policy_is_not_public({})
    Unknown('ResourcePolicy was not collected')
    """
    public = public_attached(secret, "ResourcePolicy")
    return Fail(f"everyone may {public}") if public else Pass()
