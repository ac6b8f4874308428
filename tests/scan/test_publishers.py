"""Every publisher's file among the samples is read, by which feed, and how many advisories it holds."""

import json
import random
from pathlib import Path

import pytest
import yaml
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import feeds
from nephoscope.scan.feed_file import NAME
from nephoscope.scan.osv import entries
from nephoscope.scan.publishers import PUBLISHERS
from nephoscope.scan.reading import read_advisories

OSV = "osv"  # records as they are
# (folder or file below a provider's samples, the feed that reads it, advisories, of which something was named)
READ = [
    ("alma/test-fixtures/osv-database/advisories/almalinux8", OSV, 3, 0),
    ("alma/test-fixtures/osv-database/advisories/almalinux9", OSV, 2, 0),
    ("alpine/test-fixtures/input/secdb/v3.15", "alpine_secdb", 16, 0),
    ("amazon/test-fixtures/input/2022_html", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/input/2023_html", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/input/2_html", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/input/2022_rss.xml", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/input/2023_rss.xml", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/input/2_rss.xml", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/mock_html", "amazon_bulletin", 1, 0),
    ("amazon/test-fixtures/mock_rss", "amazon_bulletin", 97, 0),
    ("debian/test-fixtures/input/DSA", "debian_list", 7, 0),
    ("debian/test-fixtures/input/debian.json", "debian_tracker", 5, 1),
    ("mariner/test-fixtures/azure-linux-truncated-3.0-oval.xml", "azure_linux_oval", 3, 0),
    ("mariner/test-fixtures/mariner-truncated-2.0-oval.xml", "azure_linux_oval", 4, 0),
    ("oracle/test-fixtures/mock_data", "oracle_oval", 2, 0),
    ("oracle/test-fixtures/mock_ksplice_data", "oracle_oval", 1, 0),
    ("oracle/test-fixtures/mock_per_arch_data", "oracle_oval", 3, 0),
    ("photon/test-fixtures/input/cve_data_photon1.0.json", "photon", 2, 0),
    ("photon/test-fixtures/input/cve_data_photon4.0.json", "photon", 5, 0),
    ("photon/test-fixtures/input/photon.wiki", "photon_wiki", 3, 0),
    ("rhel/test-fixtures/csaf/advisories", "red_hat_csaf", 18, 0),
    ("rhel/test-fixtures/csaf/hydra", "red_hat_security_data", 2, 0),
    ("rhel/test-fixtures/csaf/server/2024", "red_hat_csaf", 3, 0),
    ("rhel/test-fixtures/oval/input/cve/full", "red_hat_security_data", 20, 0),
    ("rocky/test-fixtures/osv", OSV, 3, 0),
    ("sles/test-fixtures/suse_truncated.xml", "suse_oval", 2, 1),
    ("ubuntu/test-fixtures/osv", OSV, 6, 0),
    ("ubuntu/test-fixtures/osv-esm-cases", OSV, 3, 0),
    ("ubuntu/test-fixtures/vex", "ubuntu_openvex", 2, 0),
]
NOT_PUBLISHED = {  # files that no publisher has
    "debian/test-fixtures/input/legacy": "another reader's own working files",
    "rhel/test-fixtures/csaf/input": "placeholders, and lists of CVEs without products",
    "rhel/test-fixtures/csaf/server/README.md": "a description",
    "rhel/test-fixtures/csaf/server/archive_latest.txt": "the name of an archive",
    "rhel/test-fixtures/csaf/server/changes.csv": "a list of files",
    "rhel/test-fixtures/csaf/server/deletions.csv": "a list of files",
    "rhel/test-fixtures/csaf/server/csaf_advisories_2025-02-15.tar.zst": "text in place of an archive",
    "rhel/test-fixtures/oval/input/cve/min": "lists of CVEs without products",
    "ubuntu/test-fixtures/normalized-cve-data": "another reader's own working files",
}


@pytest.fixture(scope="module")
def providers(tmp_path_factory):
    archive = shared("vuln_feed_fixtures_vunnel") / "files.tar.gz"
    return unpack(archive, tmp_path_factory.mktemp("publishers")) / "tests" / "unit" / "providers"


def files_of(place: Path):
    return sorted(each for each in place.rglob("*") if each.is_file()) if place.is_dir() else [place]


def read(file, feed):
    if feed == OSV:
        return list(read_advisories([file]))
    content = file.read_bytes()
    if file.suffix == ".yaml":  # Alpine publishes both; JSON is what is read
        content = json.dumps(yaml.safe_load(content)).encode()
    return list(feeds()[feed].read(content, str(file)))


@pytest.mark.parametrize(("place", "feed", "advisories", "named"), READ, ids=[each[0] for each in READ])
def test_every_published_file_is_read(providers, place, feed, advisories, named):
    found = [one for file in files_of(providers / place) for one in read(file, feed)]

    assert len([each for each in found if isinstance(each, Advisory)]) == advisories
    assert len([each for each in found if isinstance(each, Gap)]) == named


def test_no_file_is_forgotten(providers):
    known = [place for place, *_ in READ] + list(NOT_PUBLISHED)
    covered = {file for place in known for file in files_of(providers / place)}
    samples = {file for file in files_of(providers) if "snapshots" not in file.parts}

    assert {str(file.relative_to(providers)) for file in samples - covered} == set()
    assert all((providers / place).exists() for place in known)


def test_each_publisher_is_reached_by_https_and_its_format_can_be_read():
    for name, each in PUBLISHERS.items():
        assert NAME.fullmatch(name)
        assert each.format == OSV or each.format in feeds()
        assert all(file.url.startswith("https://") and "/" not in file.name for file in each.files)
        assert len({file.name for file in each.files}) == len(each.files)


def spoiled(content, chance):
    """The same content with a few bytes changed, taken away or cut off."""
    spoilt = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(spoilt))
        spoilt[at : at + chance.randint(0, 3)] = bytes(chance.choices(b'<>"{}[]:,\0\xff0Aa \n', k=chance.randint(0, 3)))
    return bytes(spoilt[: chance.randint(1, len(spoilt))] if chance.random() < 0.3 else spoilt)


@pytest.mark.parametrize(("place", "feed"), [each[:2] for each in READ if each[1] != OSV], ids=str)
def test_a_spoiled_file_is_refused_or_read_in_part(providers, place, feed):
    chance = random.Random(place)
    for file in files_of(providers / place)[:3]:
        content = file.read_bytes()[:60_000]
        for _ in range(30):
            try:
                found = list(feeds()[feed].read(spoiled(content, chance), str(file)))
            except SourceError as error:
                assert error.where == str(file)  # noqa: PT017  either is right
            else:
                assert all(isinstance(each, Advisory | Gap) for each in found)
                for each in found:
                    list(entries(each)) if isinstance(each, Advisory) else None
