from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.secrets import decoded

AGENT = "nephoscope-agent"


@check("AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration", severity="low")
def instance_template_installs_the_agent(template):
    """Instance that the template launches installs the agent.

    Why: what happens on an instance before its agent runs is seen by nobody.
    Fix: install the package nephoscope-agent in the boot script or by an SSM association, or use an image that has it
    and say so with the tag nephoscope-agent = image.
    Limits: templates only. The script is read, not run: a script that it loads from elsewhere is not followed.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html

    >>> instance_template_installs_the_agent({"UserData": "IyEvYmluL3NoCmFwdCBpbnN0YWxsIG5lcGhvc2NvcGUtYWdlbnQ="})
    Pass()
    >>> instance_template_installs_the_agent({"LaunchTemplateData": {"UserData": "dnf install -y nephoscope-agent"}})
    Pass()
    >>> instance_template_installs_the_agent({"SsmAssociations": [{"DocumentName": "nephoscope-agent"}]})
    Pass()
    >>> instance_template_installs_the_agent({"Tags": [{"Key": "nephoscope-agent", "Value": "image"}]})
    Pass()
    >>> instance_template_installs_the_agent({"UserData": "# nephoscope-agent comes later"})
    Fail('the boot script does not install it')
    >>> instance_template_installs_the_agent({"UserData": None})
    Fail('there is no boot script')
    >>> instance_template_installs_the_agent({"InstanceId": "i-1"})
    NotApplicable('the boot script is not part of a live instance')
    >>> instance_template_installs_the_agent({}, {"/UserData": "the parameter Script has no default"})
    Unknown('UserData was not collected: the parameter Script has no default')
    """
    launched = template.get("LaunchTemplateData", template)
    if is_declared(launched) or is_associated(launched):
        return Pass()
    if installs(launched.get("UserDataPart")):
        return Pass()
    if launched is template and "UserData" not in template:
        return NotApplicable("the boot script is not part of a live instance")
    script = launched.get("UserData")
    if not script:
        return Fail("there is no boot script")
    return Pass() if installs(script) else Fail("the boot script does not install it")


def installs(script):
    """Whether a line of a script that is no comment names the agent's package."""
    lines = decoded(script).splitlines() if script else ()
    return any(AGENT in line and not line.lstrip().startswith("#") for line in lines)


def is_declared(launched):
    specifications = [each for each in launched.get("TagSpecifications", []) if each.get("ResourceType") == "instance"]
    tags = [tag for each in (launched, *specifications) for tag in each.get("Tags", [])]
    return any(tag["Key"] == AGENT and tag.get("Value") == "image" for tag in tags)


def is_associated(launched):
    return any(
        AGENT in f"{each.get('DocumentName')} {each.get('Parameters')} {each.get('AssociationParameters')}"
        for each in launched.get("SsmAssociations", [])
    )
