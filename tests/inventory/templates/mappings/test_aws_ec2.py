import base64

from tests.inventory.templates.mappings.terraform import items


def test_an_instances_boot_script_is_encoded_as_cloudformation_has_it(tmp_path):
    text = """resource "aws_instance" "i" {
      user_data                   = "#!/bin/sh"
      associate_public_ip_address = true
      metadata_options { http_tokens = "required" }
    }"""
    instance = items(tmp_path, text)["aws_instance.i"].configuration
    assert base64.b64decode(instance["UserData"]) == b"#!/bin/sh"
    assert instance["MetadataOptions"] == {"HttpTokens": "required"}
    assert instance["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is True


def test_a_launch_templates_settings_are_those_of_its_instances(tmp_path):
    text = """resource "aws_launch_template" "t" {
      name      = "web"
      user_data = "IyEvYmluL3No"
      metadata_options { http_endpoint = "disabled" }
    }"""
    template = items(tmp_path, text)["aws_launch_template.t"].configuration
    assert template["LaunchTemplateName"] == "web"
    data = {"UserData": "IyEvYmluL3No", "MetadataOptions": {"HttpEndpoint": "disabled"}}
    assert template["LaunchTemplateData"] == data


def test_encryption_by_default_is_a_setting_of_the_account(tmp_path):
    settings = items(tmp_path, 'resource "aws_ebs_encryption_by_default" "e" {}')["aws_ebs_encryption_by_default.e"]
    assert settings.type == "AWS::EC2::AccountSettings"
    assert settings.configuration == {"EbsEncryptionByDefault": True}
