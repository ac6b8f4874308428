import json

import pytest

from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package
from nephoscope.scan.advisories.wolfi_secdb import wolfi_secdb
from nephoscope.scan.matcher import Index


def content(urlprefix):
    secfixes = {"8.5.0-r0": ["CVE-2023-38545"], "0": ["CVE-2020-1"]}
    return json.dumps({"urlprefix": urlprefix, "packages": [{"pkg": {"name": "curl", "secfixes": secfixes}}]}).encode()


@pytest.mark.parametrize(
    ("urlprefix", "ecosystem"),
    [("https://packages.wolfi.dev", "Wolfi"), ("https://packages.cgr.dev/chainguard", "Chainguard")],
)
def test_whose_it_is_says_its_address(urlprefix, ecosystem):
    index = Index()
    for advisory in wolfi_secdb.read(content(urlprefix), "security.json"):
        index.add(advisory)

    [match] = index.match(Package(ecosystem, "libcurl", "8.4.0-r0", source="curl"))
    assert (match.aliases, match.fixed) == (("CVE-2023-38545",), "8.5.0-r0")
    assert index.match(Package(ecosystem, "curl", "8.5.0-r0")) == []


def test_another_distributions_database_is_refused():
    with pytest.raises(SourceError, match="neither Wolfi nor Chainguard"):
        list(wolfi_secdb.read(content("https://dl-cdn.alpinelinux.org/alpine"), "main.json"))
