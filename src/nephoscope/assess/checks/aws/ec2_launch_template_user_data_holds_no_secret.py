from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.secrets import decoded, secret_in


@check("AWS::EC2::LaunchTemplate", severity="critical")
def ec2_launch_template_user_data_holds_no_secret(template):
    """EC2 launch template's user data holds no secret.

    Why: whoever can describe the template, and every program on its instances, reads it.
    Fix: keep the secret in Secrets Manager or Parameter Store and let the instance fetch it; change the secret.
    Limits: keys, tokens and passwords of well-known forms are recognised.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html

    >>> ec2_launch_template_user_data_holds_no_secret({"LaunchTemplateData": {"UserData": "#!/bin/sh -e"}})
    Pass()
    >>> ec2_launch_template_user_data_holds_no_secret({"LaunchTemplateData": {"UserData": "DB_PASSWORD=korrekt9Pferd"}})
    Fail('a password')
    >>> ec2_launch_template_user_data_holds_no_secret({"LaunchTemplateData": {}})
    NotApplicable('no user data')
    >>> ec2_launch_template_user_data_holds_no_secret({})
    Unknown('LaunchTemplateData was not collected')
    """
    text = template["LaunchTemplateData"].get("UserData")
    if not text:
        return NotApplicable("no user data")
    secret = secret_in(decoded(text))
    return Fail(secret) if secret else Pass()
