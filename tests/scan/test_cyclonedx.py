import io
import json

from nephoscope.agent.packages.package import Package
from nephoscope.model.package import Package as Installed
from nephoscope.scan.cyclonedx import document
from nephoscope.scan.packages import read_packages

OPENSSL = Package("Debian:12", "libssl3", "3-1", "openssl", arch="amd64", location="a", layer="sha256:1",
                  purl="pkg:deb/debian/libssl3@3-1?arch=amd64&distro=debian-12&upstream=openssl")  # fmt: skip
DJANGO = Package("PyPI", "django", "1.0", purl="pkg:pypi/django@1.0", location="b")


def test_a_document_is_the_same_in_any_order_and_reads_back():
    again = DJANGO._replace(location="c")
    one = document("x", "folder", [OPENSSL, DJANGO, again], is_whole=True)
    assert one == document("x", "folder", [again, OPENSSL, DJANGO], is_whole=True)
    assert set(read_packages(io.BytesIO(one), "x")) == {
        Installed("Debian:12", "libssl3", "3-1", "openssl", "", "amd64", OPENSSL.purl),
        Installed("PyPI", "django", "1.0", purl=DJANGO.purl),
    }


def test_places_of_one_package_are_told_together_and_references_are_unique():
    told = json.loads(document("x", "image", [DJANGO, DJANGO._replace(location="c"), OPENSSL], is_whole=True))
    assert (told["bomFormat"], told["specVersion"], told["metadata"]["component"]["type"]) == (
        "CycloneDX",
        "1.6",
        "container",
    )
    places = {each["name"]: each["evidence"]["occurrences"] for each in told["components"]}
    assert places == {"django": [{"location": "b"}, {"location": "c"}], "libssl3": [{"location": "a"}]}
    references = [each["bom-ref"] for each in told["components"]]
    assert len(set(references)) == len(references)
    assert told["dependencies"] == [{"ref": "target", "dependsOn": references}]
    assert "compositions" not in told


def test_what_is_incomplete_says_so():
    told = json.loads(document("x", "image", [], is_whole=False))
    assert told["compositions"] == [{"aggregate": "incomplete", "assemblies": ["target"]}]
