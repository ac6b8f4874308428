from nephoscope.sandbox.iam.resources import CREATED, RESOURCES, UNSCOPED


def test_every_template_is_an_arn_with_one_place_for_the_value():
    templates = [template for forms in RESOURCES.values() for template in forms.values()]
    assert len(templates) > 100
    assert all(template.startswith("arn:aws:") and template.count("{}") == 1 for template in templates)


def test_what_is_made_is_named_by_kind():
    assert all(kind.endswith("/*") for kinds in CREATED.values() for kind in kinds)
    assert not {"CreateVpc", "RunInstances"} & UNSCOPED["ec2"]
