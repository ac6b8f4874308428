import pytest
from tests.collect.serving import Azure, served

from nephoscope.clouds.azure import Client, blob_range, blobs
from nephoscope.clouds.http import Http
from nephoscope.model.errors import CloudError


@pytest.fixture
def azure():
    """A container of two blobs."""
    azure = Azure()
    azure.blobs = {"a=1/x.json": b"0123456789", "b/y.json": b""}
    return azure


@pytest.fixture
def url(azure):
    with served(azure) as url:
        yield url


def headers(url):
    return Client(url, "tenant", "c", "s3cret").headers("https://storage.azure.com/.default")


def test_a_client_signs_in_and_lists_every_page_of_a_container(url):
    found = list(blobs(Http(f"{url}/export", "azure:ListBlobs"), headers(url)))
    assert [(blob.name, blob.size_bytes) for blob in found] == [("a=1/x.json", 10), ("b/y.json", 0)]


def test_a_range_of_a_blob_is_read_and_none_behind_its_end(url):
    http = Http(f"{url}/export", "azure:GetBlob")
    assert blob_range(http, headers(url), "a=1/x.json", 3, 6) == b"345"
    assert blob_range(http, headers(url), "a=1/x.json", 10, 12) == b""


@pytest.mark.parametrize(
    "listing", [b"", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<R><Blob><Name>x</Name></Blob></R>"]
)
def test_a_listing_that_is_none_is_told(azure, url, listing):
    azure.listing = lambda query: listing
    with pytest.raises(CloudError, match="malformed"):
        list(blobs(Http(f"{url}/export", "azure:ListBlobs"), headers(url)))


def test_a_token_endpoint_that_gives_none_is_told(azure, url):
    azure.sign_in = lambda path, form: (200, {}, {"no": "token"})
    with pytest.raises(CloudError, match="access_token"):
        headers(url)
