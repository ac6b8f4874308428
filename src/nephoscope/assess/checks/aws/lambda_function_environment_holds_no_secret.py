from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.secrets import secret_variable


@check("AWS::Lambda::Function", severity="high")
def lambda_function_environment_holds_no_secret(function):
    """Lambda function has no environment variable that looks like a secret.

    Why: whoever can read the function's configuration reads them, and they end up in templates and logs.
    Fix: keep the secret in Secrets Manager or Parameter Store and let the function fetch it; change the secret.
    Limits: keys, tokens and passwords of well-known forms or names are recognised; of values that were redacted
        when they were read only the names.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

    >>> lambda_function_environment_holds_no_secret({"Environment": {"Variables": {"STAGE": "production"}}})
    Pass()
    >>> lambda_function_environment_holds_no_secret({"Environment": {"Variables": {"DB_PASSWORD": "korrekt9Pferd"}}})
    Fail('DB_PASSWORD looks like a password')
    >>> lambda_function_environment_holds_no_secret({})
    Unknown('Environment was not collected')
    """
    environment = function["Environment"]
    for name, value in environment.get("Variables", {}).items() if environment is not None else ():
        secret = secret_variable(name, str(value))
        if secret:
            return Fail(f"{name} looks like {secret}")
    return Pass()
