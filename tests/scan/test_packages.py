import io
import json

import pytest

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.packages import LONGEST_LINE_BYTES, read_packages


def read(*lines):
    return list(read_packages(io.BytesIO(b"\n".join(lines)), "p.jsonl"))


def test_each_line_is_a_package():
    line = {
        "ecosystem": "Debian:12",
        "name": "libssl3",
        "version": "3.0",
        "source": "openssl",
        "purl": None,
        "other": 1,
    }

    assert read(json.dumps(line).encode(), b"") == [Package("Debian:12", "libssl3", "3.0", source="openssl")]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b'{"ecosystem": "npm", "name": "a"}',
        b'{"ecosystem": "npm", "name": "a", "version": ""}',
        b'{"ecosystem": "npm", "name": "a", "version": 1}',
        b'{"ecosystem": "npm", "name": "\xff", "version": "1"}',
        b"[" * 100_000,
        b'{"a": "' + b"x" * (LONGEST_LINE_BYTES * 2) + b'"}',
    ],
    ids=range(9),
)
def test_a_line_that_is_none_is_named_and_the_next_is_read(line):
    gap, package = read(line, b'{"ecosystem": "npm", "name": "a", "version": "1"}')

    assert isinstance(gap, Gap)
    assert gap.subject == "p.jsonl:1"
    assert package == Package("npm", "a", "1")


def test_a_file_that_breaks_off_is_named():
    class Broken(io.BytesIO):
        def readline(self, size=-1):
            raise EOFError("ends too early")

    [gap] = read_packages(Broken(), "p.jsonl.gz")
    assert "ends too early" in gap.cause


BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {"type": "operating-system", "name": "debian"},
        {"type": "library", "purl": "pkg:npm/a@1", "components": [{"type": "library", "purl": "pkg:npm/b@2"}]},
        {"type": "library", "name": "nameless"},
        {"type": "file", "name": "/etc/passwd"},
        {"type": "library", "purl": "pkg:pypi/c@3"},
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_bill_of_materials_is_read_at_any_depth(indent):
    found = read(json.dumps(BOM, indent=indent).encode())

    assert [each.name for each in found if isinstance(each, Package)] == ["a", "b", "c"]
    assert [each for each in found if isinstance(each, Gap)] == [
        Gap("record", "p.jsonl: nameless", "has no package URL")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'{"spdxVersion": 7}',
        b'{"bomFormat": 7}',
        b'{"bomFormat": "CycloneDX", "components": 7}',
        b'{"bomFormat":',
        b'{\n"bomFormat":\n{',
    ],
)
def test_a_broken_bill_of_materials_is_named_once(content):
    [gap] = read(content)

    assert gap.subject == "p.jsonl"
    assert "no bill of materials" in gap.cause


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {"name": "image", "primaryPackagePurpose": "CONTAINER"},
        {"name": "a", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/a@1"}]},
        {"name": "nameless", "externalRefs": [{"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:b"}]},
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_an_spdx_document_is_read_by_its_package_urls(indent):
    package, gap = read(json.dumps(SPDX, indent=indent).encode())

    assert package == Package("npm", "a", "1", purl="pkg:npm/a@1")
    assert gap == Gap("record", "p.jsonl: nameless", "has no package URL")
