import pytest
from hypothesis import given
from hypothesis import strategies as st

from nephoscope.model.package import Package
from nephoscope.scan.purl import package_of, parsed

LANGUAGES = {
    "pkg:npm/%40angular/core@17.0.0": ("npm", "@angular/core", "17.0.0"),
    "pkg:pypi/django@3.2.1": ("PyPI", "django", "3.2.1"),
    "pkg:golang/github.com/gin-gonic/gin@v1.6.0#sub/path": ("Go", "github.com/gin-gonic/gin", "v1.6.0"),
    "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar": (
        "Maven",
        "org.apache.logging.log4j:log4j-core",
        "2.14.1",
    ),
    "pkg:cargo/rand@0.8.5": ("crates.io", "rand", "0.8.5"),
    "pkg:composer/symfony/http-kernel@v5.0.0": ("Packagist", "symfony/http-kernel", "v5.0.0"),
    "pkg:gem/rails@7.0.0?platform=java": ("RubyGems", "rails", "7.0.0"),
    "pkg:nuget/Newtonsoft.Json@12.0.1": ("NuGet", "Newtonsoft.Json", "12.0.1"),
    "pkg:swift/github.com/apple/swift-nio@2.0.0": ("SwiftURL", "github.com/apple/swift-nio", "2.0.0"),
    "pkg:bitnami/nginx@1.25.0": ("Bitnami", "nginx", "1.25.0"),
    "pkg:NPM/a@1": ("npm", "a", "1"),
}
DISTRIBUTIONS = {
    "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl": Package(
        "Debian:12", "libssl3", "3.0.11-1~deb12u1", "openssl", "", "amd64"
    ),
    "pkg:deb/ubuntu/libc6@2.35-0ubuntu3?distro=ubuntu-22.04&upstream=glibc%402.35-0ubuntu3": Package(
        "Ubuntu:22.04", "libc6", "2.35-0ubuntu3", "glibc", "2.35-0ubuntu3"
    ),
    "pkg:rpm/almalinux/bind-libs@9.16.23-0.14.el8?arch=x86_64&epoch=32&distro=almalinux-8.8": Package(
        "AlmaLinux:8.8", "bind-libs", "32:9.16.23-0.14.el8", arch="x86_64"
    ),
    "pkg:rpm/redhat/bash@5.1.8-6.el9?distro=rhel-9.2&upstream=bash-5.1.8-6.el9.src.rpm": Package(
        "Red Hat:9.2", "bash", "5.1.8-6.el9", "bash"
    ),
    "pkg:apk/alpine/libcrypto3@3.1.4-r0?distro=alpine-3.19.1&upstream=openssl": Package(
        "Alpine:3.19.1", "libcrypto3", "3.1.4-r0", "openssl"
    ),
    "pkg:apk/wolfi/openssl@3.1.4-r0?distro=wolfi-20230201": Package("Wolfi", "openssl", "3.1.4-r0"),
    "pkg:deb/debian/a@1": Package("Debian", "a", "1"),
}


@pytest.mark.parametrize("purl", LANGUAGES)
def test_a_languages_package_has_the_name_that_advisories_use(purl):
    assert package_of(purl) == Package(*LANGUAGES[purl], purl=purl)


@pytest.mark.parametrize("purl", DISTRIBUTIONS)
def test_a_distributions_package_has_its_release_epoch_and_source(purl):
    found = package_of(purl)

    assert isinstance(found, Package)
    assert found.purl == purl
    said = DISTRIBUTIONS[purl]
    parts = ("ecosystem", "name", "version", "source", "source_version", "arch")
    assert [getattr(found, part) for part in parts] == [getattr(said, part) for part in parts]


@pytest.mark.parametrize(
    ("purl", "cause"),
    [
        ("", "no package URL"),
        ("npm/a@1", "no package URL"),
        ("pkg:npm/@1", "no package URL"),
        ("pkg:npm/a", "no version"),
        ("pkg:docker/a@1", "type docker"),
        ("pkg:deb/other/a@1?distro=other-1", "distribution that is not known"),
        ("pkg:rpm/a@1", "none is named"),
    ],
)
def test_what_names_no_package_says_why(purl, cause):
    assert cause in package_of(purl)


@given(st.text() | st.text("pkg:/@?#=&%nm1", max_size=30).map("pkg:npm/".__add__))
def test_any_text_is_a_package_or_a_reason(text):
    assert isinstance(package_of(text), Package | str)
    assert parsed(text) is None or parsed(text).type
