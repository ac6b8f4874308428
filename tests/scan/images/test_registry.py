import json

import pytest
from tests.scan.images.made import digest_of, layout
from tests.scan.images.served import BASIC, PASSWORD, TOKEN, USER, debian, registry

from nephoscope.agent.packages.package import Package, Problem
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.scan.images.cache import Cache
from nephoscope.scan.images.pulling import pull
from nephoscope.scan.images.reference import reference_of
from nephoscope.scan.images.registry import Credentials, Registry

AMD, ARM = "linux/amd64", "linux/arm64"
IMAGE = layout({AMD: [debian()], ARM: [debian("musl", "1-1")]})


@pytest.fixture
def served():
    with registry() as one:
        yield one.put(IMAGE)


@pytest.fixture
def asking(served, tmp_path):
    """Asks for an image of the registry, afresh or with what was kept."""

    def ask(name="team/app:1", *, credentials=None, private=True, **more):
        http = SafeHttp(Network(allow_private=private, deadline_s=20))
        reference = reference_of(f"{served.host}/{name}")
        made = Registry(http, reference, Cache(tmp_path / "cache"), credentials, scheme="http", **more)
        return list(pull(made))

    return ask


def names(found):
    return [each.name for each in found if isinstance(each, Package)]


def causes(found):
    return [each.cause for each in found if isinstance(each, Problem)]


def test_an_image_is_pulled_for_its_platform_and_others_are_not_asked_for(served, asking):
    found = asking()
    assert (names(found), causes(found)) == (["libssl3"], [])
    assert found[0].layer.startswith("sha256:")
    assert len(served.asked) == 4  # the index, a manifest, its configuration, its layer
    assert names(asking(platform=ARM)) == ["musl"]
    assert "there are: " in causes(asking(platform="linux/s390x"))[0]


def test_what_was_found_in_the_same_layers_is_not_looked_for_again(served, asking):
    first = asking()
    served.asked.clear()
    assert asking() == first
    assert served.paths() == ["/v2/team/app/manifests/1"]
    served.asked.clear()
    assert asking(f"team/app@{served.tags['1']}") == first
    assert served.asked == []


def test_layers_that_images_share_are_fetched_once(served, asking):
    base = debian()
    served.put(layout({AMD: [base]}), "base").put(layout({AMD: [base, debian("curl", "1-1")]}), "app")
    asking("team/app:base")
    served.asked.clear()
    assert names(asking("team/app:app")) == ["curl"]
    layers = [path for path in served.paths("/v2/team/app/blobs")]
    assert len(layers) == 2  # a configuration and the second layer


def test_a_tag_that_moved_is_another_image(served, asking):
    asking()
    served.put(layout({AMD: [debian("zlib1g", "1-1")]}))
    assert names(asking()) == ["zlib1g"]


@pytest.mark.parametrize("part", ["index", "manifest", "config", "layer"])
@pytest.mark.parametrize("change", [lambda c: c + b" ", lambda c: c[:-1], lambda c: bytes([c[0] ^ 1]) + c[1:]])
def test_a_registry_that_gives_other_bytes_than_the_digest_says_is_refused_and_named(served, asking, part, change):
    index = served.tags["1"]
    manifest = json.loads(served.files[index])["manifests"][0]["digest"]
    told = json.loads(served.files[manifest])
    digest = {"index": index, "manifest": manifest, "config": told["config"]["digest"]}.get(
        part, told["layers"][0]["digest"]
    )
    served.lies[digest] = change(served.files[digest])
    found = asking()
    assert names(found) == []
    assert any("refused" in cause for cause in causes(found)), causes(found)
    served.lies.clear()
    assert names(asking()) == ["libssl3"]  # nothing of it was kept


def test_a_digest_that_was_asked_for_is_what_comes_or_nothing(served, asking):
    other = digest_of(b"other")
    served.files[other] = served.files[served.tags["1"]]
    assert "is not what its digest" in causes(asking(f"team/app@{other}"))[0]


@pytest.mark.parametrize("size", [-1, 0, 1 << 60, "large", None])
def test_sizes_that_cannot_be_are_refused(served, asking, size):
    index = served.tags["1"]
    manifest = json.loads(served.files[index])["manifests"][0]["digest"]
    told = json.loads(served.files[manifest])
    told["layers"][0]["size"] = size
    content = json.dumps(told).encode()
    served.files[digest_of(content)] = content
    served.tags["bad"] = digest_of(content)
    found = asking("team/app:bad")
    assert (names(found), len(causes(found)) > 0) == ([], True)


def test_a_token_is_asked_for_and_credentials_go_to_the_registry_s_own_token_server(served, asking):
    served.wants, served.needs_user = "bearer", True
    assert names(asking(credentials=Credentials(USER, PASSWORD))) == ["libssl3"]
    assert {headers.get("Authorization") for path, headers in served.asked if path.startswith("/token")} == {BASIC}
    sent = {headers.get("Authorization") for path, headers in served.asked if path.startswith("/v2")}
    assert sent == {None, f"Bearer {TOKEN}"}
    assert "scope=repository%3Ateam%2Fapp%3Apull" in served.paths("/token")[0]


def test_a_token_server_elsewhere_is_not_told_the_credentials(served, asking):
    with registry() as other:
        served.wants, served.realm = "bearer", f"http://{other.host}/token"
        asking(credentials=Credentials(USER, PASSWORD))
        assert [headers.get("Authorization") for _, headers in other.asked] == [None]


def test_a_registry_that_wants_a_name_and_a_password_gets_them_and_nobody_else(served, asking):
    served.wants = "basic"
    assert "name credentials" in causes(asking())[0]
    assert names(asking(credentials=Credentials(USER, PASSWORD))) == ["libssl3"]


def test_blobs_may_be_elsewhere_and_no_header_of_ours_goes_there(served, asking):
    with registry(files=served.files) as store:
        served.wants, served.elsewhere = "bearer", f"http://{store.host}"
        assert names(asking(credentials=Credentials(USER, PASSWORD))) == ["libssl3"]
        assert len(store.asked) == 2
        assert all("Authorization" not in headers for _, headers in store.asked)


def test_manifests_are_redirected_nowhere_and_blobs_not_for_ever(served, asking):
    served.elsewhere, served.redirects_manifests = f"http://{served.host}", True
    assert "a redirect to" in causes(asking())[0]
    served.redirects_manifests = False
    assert any("redirects more than" in cause for cause in causes(asking()))


def test_an_address_of_this_machine_or_a_private_network_is_reached_only_where_that_is_said(served, asking):
    found = asking(private=False)
    assert names(found) == []
    assert "allow_private" in causes(found)[0]
    assert served.asked == []


def test_a_blob_that_leads_to_a_metadata_service_is_not_fetched(served, asking):
    served.elsewhere = "http://169.254.169.254/latest"
    assert any("a cloud's metadata service" in cause for cause in causes(asking()))


def test_an_image_that_is_not_there_is_told_in_the_registry_s_words(asking):
    assert "answered 404" in causes(asking("team/app:none"))[0]


def test_what_was_not_whole_is_not_kept(served, asking):
    index = served.tags["1"]
    layer = json.loads(served.files[json.loads(served.files[index])["manifests"][0]["digest"]])["layers"][0]["digest"]
    kept = served.files.pop(layer)
    assert names(asking()) == []
    served.files[layer] = kept
    assert names(asking()) == ["libssl3"]
