from nephoscope.inventory.templates.fold import Declared, fold


def bucket(**options):
    return Declared("AWS::S3::Bucket", "Logs", {}, **options)


def test_a_policy_folds_into_the_bucket_it_names_with_what_is_not_known_of_it():
    policy = Declared(
        "AWS::S3::BucketPolicy",
        "Policy",
        {"Bucket": "${Logs}", "PolicyDocument": {"Statement": []}},
        not_collected={"/PolicyDocument/Id": "not said"},
    )

    parent, _ = fold([bucket(), policy])
    assert parent.properties == {"BucketPolicy": {"PolicyDocument": {"Statement": []}}}
    assert parent.not_collected == {"/BucketPolicy/PolicyDocument/Id": "not said"}


def test_rules_of_a_group_gather_in_a_list():
    group = Declared("AWS::EC2::SecurityGroup", "Web", {"SecurityGroupIngress": [{"FromPort": 443}]})
    rule = Declared("AWS::EC2::SecurityGroupIngress", "R", {"GroupId": "${Web.GroupId}", "FromPort": 22})

    fold([group, rule])
    assert group.properties["SecurityGroupIngress"] == [{"FromPort": 443}, {"FromPort": 22}]


def test_a_parent_is_also_found_by_its_own_name_and_a_stranger_is_not():
    named = bucket(name="company-logs")
    other = Declared("AWS::S3::Bucket", "Other", {})
    fold([named, other, Declared("AWS::S3::BucketPolicy", "P", {"Bucket": "company-logs", "PolicyDocument": {}})])

    assert "BucketPolicy" in named.properties
    assert "BucketPolicy" not in other.properties


def test_policies_reach_every_user_role_and_group_they_name():
    user, role = Declared("AWS::IAM::User", "U", {}), Declared("AWS::IAM::Role", "R", {})
    inline = Declared(
        "AWS::IAM::Policy", "P", {"Users": ["${U}"], "Roles": ["${R}"], "PolicyName": "p", "PolicyDocument": {}}
    )
    managed = Declared("AWS::IAM::ManagedPolicy", "M", {"Roles": ["${R}"]})
    joins = Declared("AWS::IAM::UserToGroupAddition", "J", {"Users": ["${U}"], "GroupName": "admins"})

    fold([user, role, inline, managed, joins])
    assert user.properties == {"Policies": [{"PolicyName": "p", "PolicyDocument": {}}], "Groups": ["admins"]}
    assert role.properties["ManagedPolicyArns"] == ["${M}"]


def test_an_instance_takes_from_its_launch_template_what_it_does_not_say():
    template = Declared(
        "AWS::EC2::LaunchTemplate",
        "Web",
        {"LaunchTemplateData": {"UserData": "script"}},
        not_collected={"/LaunchTemplateData/IamInstanceProfile/Arn": "not said"},
    )
    launch = {"LaunchTemplateId": "${Web}", "Version": "1"}
    instance = Declared("AWS::EC2::Instance", "I", {"LaunchTemplate": launch, "MetadataOptions": {"HttpTokens": "x"}})

    fold([template, instance])
    assert instance.properties["UserData"] == "script"
    assert instance.properties["MetadataOptions"] == {"HttpTokens": "x"}
    assert instance.not_collected == {"/IamInstanceProfile/Arn": "not said"}


def test_an_association_belongs_to_the_instances_that_it_names():
    instance = Declared("AWS::EC2::Instance", "I", {})
    targets = [{"Key": "InstanceIds", "Values": ["${I}"]}]
    fold([instance, Declared("AWS::SSM::Association", "A", {"Name": "nephoscope-agent", "Targets": targets})])
    assert instance.properties["SsmAssociations"][0]["DocumentName"] == "nephoscope-agent"


def test_a_rotation_schedule_rotates_its_secret():
    secret = Declared("AWS::SecretsManager::Secret", "S", {})
    fold([secret, Declared("AWS::SecretsManager::RotationSchedule", "R", {"SecretId": "${S}"})])
    assert secret.properties["RotationEnabled"] is True


def test_a_satellite_of_which_nothing_is_known_stays_by_itself():
    policy = Declared("AWS::S3::BucketPolicy", "P", {}, not_collected={"": "an undecidable condition"})
    fold([bucket(), policy])
    assert not policy.folded
