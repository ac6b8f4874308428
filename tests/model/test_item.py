from nephoscope.model.item import Item


def test_an_item_is_the_same_resource_whatever_its_configuration():
    bucket = Item("AWS::S3::Bucket", "logs", "1", "eu-west-1", {})

    assert bucket.key == ("1", "eu-west-1", "AWS::S3::Bucket", "logs")
    assert bucket.key == Item("AWS::S3::Bucket", "logs", "1", "eu-west-1", {"BucketName": "logs"}).key
