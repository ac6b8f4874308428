import base64
import hashlib

import pytest
from tests.scan.images.served import Served, registry
from tests.scan.zip_made import python, zipped

from nephoscope.agent.packages.package import Package
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.model.errors import AccessDenied
from nephoscope.scan.functions import Functions

LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:shared:3"
CODE, SHARED = zipped(python()), zipped(python("boto", "1.0", "python/"))


def sha256(content):
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class Lambda:
    """GetFunction and GetLayerVersionByArn as documented; code lies on a server of this machine."""

    def __init__(self, served):
        self.endpoint_url = f"http://{served.host}"
        self.code = {"Location": f"{self.endpoint_url}/x/blobs/code"}
        self.told = {"CodeSha256": sha256(CODE), "Layers": [{"Arn": LAYER}], "PackageType": "Zip"}
        self.denied = False

    def call(self, service, operation, *, account, region, **params):
        if operation == "GetFunction":
            assert params == {"FunctionName": "resize"}
            return {"Configuration": self.told, "Code": self.code}
        if self.denied:
            raise AccessDenied("lambda:GetLayerVersionByArn", "AccessDeniedException", "not authorized")
        assert params == {"Arn": LAYER}
        return {"Content": {"Location": f"{self.endpoint_url}/x/blobs/layer", "CodeSha256": sha256(SHARED)}}


@pytest.fixture
def aws():
    with registry() as served:
        served.files |= {"code": CODE, "layer": SHARED}
        one = Lambda(served)
        one.served: Served = served
        yield one


def look(aws):
    http = SafeHttp(Network(allow_private=True, deadline_s=10))
    found = list(Functions(aws, "111122223333", "eu-west-1", http).look("resize"))
    packages = [(each.name, each.location) for each in found if isinstance(each, Package)]
    return packages, [each.cause for each in found if not isinstance(each, Package)]


def test_packages_of_the_code_and_of_the_layers_are_found(aws):
    packages, problems = look(aws)
    assert problems == []
    assert packages == [
        ("requests", "code:requests-2.0.dist-info/METADATA"),
        ("boto", f"{LAYER}:python/boto-1.0.dist-info/METADATA"),
    ]


def test_a_layer_that_cannot_be_had_is_a_problem_and_the_code_is_read(aws):
    aws.denied = True
    packages, [problem] = look(aws)
    assert [name for name, _ in packages] == ["requests"]
    assert "not authorized" in problem


def test_code_that_is_not_as_its_checksum_says_is_not_read(aws):
    aws.served.files["code"] = CODE + b" "
    packages, problems = look(aws)
    assert ([name for name, _ in packages], problems) == (["boto"], ["is not as its checksum says; not read"])


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest",
        "https://evil.example/x",
        "https://amazonaws.com.evil.example/x",
        "file:///etc/passwd",
        "",
    ]
    + ["http://bucket.s3.amazonaws.com/x"],
)
def test_code_is_fetched_from_aws_only(aws, location):
    aws.code["Location"] = location
    assert look(aws)[1] == ["lies where AWS keeps no code; not fetched"]


def test_a_function_of_a_container_image_says_which(aws):
    aws.told["PackageType"], aws.code["ResolvedImageUri"] = "Image", "registry.example/app@sha256:0"
    assert look(aws) == (
        [],
        ["is a container image: look at it by `nephoscope scan image registry.example/app@sha256:0`"],
    )


def test_what_is_gone_from_its_place_is_told(aws):
    del aws.served.files["code"]
    assert "answered 404" in look(aws)[1][0]
