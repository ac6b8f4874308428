import pytest

from nephoscope.scan.images.reference import DOCKER_HUB_HOST, Reference, reference_of

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("registry.example/app", ("registry.example", "app", "", "")),
        ("registry.example:5000/team/app:1.4", ("registry.example:5000", "team/app", "1.4", "")),
        (f"registry.example/a/b-c/d_e@{DIGEST}", ("registry.example", "a/b-c/d_e", "", DIGEST)),
        (f"localhost:5000/app:x@{DIGEST}", ("localhost:5000", "app", "x", DIGEST)),
        ("127.0.0.1:5000/app", ("127.0.0.1:5000", "app", "", "")),
        ("docker.io/alpine:3", (DOCKER_HUB_HOST, "library/alpine", "3", "")),
        ("docker.io/org/app", (DOCKER_HUB_HOST, "org/app", "", "")),
    ],
)
def test_a_name_is_a_registry_a_repository_and_what_is_wanted_of_it(text, parts):
    found = reference_of(text)
    assert found == Reference(*parts)
    assert reference_of(str(found)) == found
    assert found.wanted == parts[3] or parts[2] or "latest"


@pytest.mark.parametrize(
    "text",
    ["alpine", "team/app:1", "./rootfs", "/", "registry.example", "registry.example/App", "registry.example/a//b"]
    + [
        "registry.example/../x",
        "registry.example/app:",
        "registry.example/app@sha256:0",
        "https://registry.example/app",
    ]
    + [
        "user@registry.example/app",
        "registry.example:99999999/app",
        "-x.example/app",
        "registry.example/app\n",
        "a.b/" + "x" * 2000,
    ],
)
def test_what_names_no_registry_is_no_reference(text):
    assert reference_of(text) is None
