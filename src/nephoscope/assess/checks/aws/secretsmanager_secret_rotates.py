from collections.abc import Mapping

from nephoscope.assess import Fail, Pass, check


@check("AWS::SecretsManager::Secret", severity="medium")
def secretsmanager_secret_rotates(secret):
    """Secret in Secrets Manager is changed by itself.

    Why: a secret that leaked unnoticed ends by itself.
    Fix: set up rotation, managed or with a function.
    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html

    >>> secretsmanager_secret_rotates({"RotationEnabled": True})
    Pass()
    >>> secretsmanager_secret_rotates({"RotationSchedule": {"RotationRules": {"AutomaticallyAfterDays": 30}}})
    Pass()
    >>> secretsmanager_secret_rotates({"RotationEnabled": False})
    Fail('rotation is off')
    >>> secretsmanager_secret_rotates({})
    Unknown('RotationEnabled was not collected')
    """
    schedule = secret.get("RotationSchedule")
    if isinstance(schedule, Mapping) and schedule:
        return Pass()
    return Pass() if secret.flag("RotationEnabled") else Fail("rotation is off")
