from nephoscope.agent.packages.package import Problem
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.scan.images.cache import Cache
from nephoscope.scan.images.pulling import pull
from nephoscope.scan.images.reference import reference_of
from nephoscope.scan.images.registry import Registry


def test_a_registry_that_is_not_there_is_a_problem_that_names_the_image(tmp_path):
    http = SafeHttp(Network(allow_private=True, deadline_s=5))
    reference = reference_of("127.0.0.1:9/app:1")
    [found] = pull(Registry(http, reference, Cache(tmp_path), scheme="http"))
    assert isinstance(found, Problem)
    assert found.location == "127.0.0.1:9/app:1: manifests/1"
    assert "cannot be connected to" in found.cause
