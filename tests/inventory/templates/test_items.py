from nephoscope.inventory.templates.fold import Declared
from nephoscope.inventory.templates.items import items_of
from nephoscope.model.item import Place


def test_an_item_knows_where_it_is_declared():
    [item] = items_of([Declared("AWS::SNS::Topic", "Alarms", {"TopicName": "a"}, 7, "t.yaml", "Alarms", name="a")])
    assert item.place == Place("t.yaml", 7, "Alarms")
    assert (item.id, item.name) == ("Alarms", "a")


def test_a_satellite_is_part_of_its_parent_or_else_an_item_of_its_own():
    policy = Declared("AWS::S3::BucketPolicy", "Policy", {"Bucket": "${Logs}", "PolicyDocument": {}})
    [bucket] = items_of([Declared("AWS::S3::Bucket", "Logs", {}), policy])
    assert bucket.configuration["BucketPolicy"] == {"PolicyDocument": {}}

    stranger = Declared("AWS::S3::BucketPolicy", "Policy", {"Bucket": "elsewhere", "PolicyDocument": {}})
    assert [item.type for item in items_of([stranger])] == ["AWS::S3::BucketPolicy"]


def test_a_reference_where_the_value_itself_counts_is_not_collected():
    rules = [{"IpProtocol": "tcp", "CidrIp": "${Vpc.CidrBlock}"}, {"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}]
    [item] = items_of([Declared("AWS::EC2::SecurityGroup", "G", {"SecurityGroupIngress": rules})])
    assert list(item.not_collected) == ["/SecurityGroupIngress/0/CidrIp"]


def test_tags_are_those_that_the_template_states():
    [item] = items_of([Declared("AWS::SNS::Topic", "T", {"Tags": [{"Key": "team", "Value": "shop"}, "nonsense"]})])
    assert item.tags == {"team": "shop"}
