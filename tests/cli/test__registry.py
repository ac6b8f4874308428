import base64
import json

import pytest
import typer
from tests.cli.test__sbom import sbom  # noqa: F401  a fixture
from tests.scan.images.made import layout
from tests.scan.images.served import PASSWORD, USER, debian, registry

from nephoscope.cli._registry import Asked, _credentials, pulled
from nephoscope.scan.images.reference import reference_of
from nephoscope.scan.images.registry import Credentials

ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def served():
    with registry() as one:
        yield one.put(layout({"linux/amd64": [debian()]}))


def asked(**more):
    return Asked(
        **(
            {"auth": None, "account": "", "config": None, "cache": None}
            | {"allow_private": False}
            | {"plain_http": False}
            | more
        )
    )


def test_an_image_of_a_registry_is_listed_and_the_second_time_from_the_cache(sbom, served, tmp_path):  # noqa: F811
    options = ("--allow-private", "--plain-http", "--cache", tmp_path / "cache")
    code, output, errors = sbom(f"{served.host}/team/app:1", *options)
    assert (code, errors) == (0, "")
    assert json.loads(output)["name"] == "libssl3"
    served.asked.clear()
    assert sbom(f"{served.host}/team/app:1", *options)[:2] == (0, output)
    assert len(served.asked) == 1
    code, output, _ = sbom(f"{served.host}/team/app:1", *options, "--format", "cyclonedx")
    assert (code, json.loads(output)["metadata"]["component"]["name"]) == (0, f"{served.host}/team/app:1")


def test_a_private_address_is_reached_only_when_that_is_said(sbom, served, tmp_path):  # noqa: F811
    code, output, errors = sbom(f"{served.host}/team/app:1", "--cache", tmp_path)
    assert (code, output, served.asked) == (2, "", [])
    assert "this machine" in errors
    assert sbom(f"{served.host}/team/app:1", "--plain-http")[0] == 64


def test_a_path_that_is_there_comes_before_a_registry(sbom, served, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    (tmp_path / "registry.example").mkdir()
    (tmp_path / "registry.example" / "app").write_bytes(b"no image")
    code, _, errors = sbom("registry.example/app")
    assert code == 64
    assert "nothing that can be looked at" in errors


def test_credentials_are_those_of_exactly_this_registry(tmp_path):
    file = tmp_path / "config.json"
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    file.write_text(json.dumps({"auths": {"registry.example": {"auth": auth}}}))
    given = asked(auth=file)
    assert _credentials(reference_of("registry.example/app"), given) == Credentials(USER, PASSWORD)
    assert _credentials(reference_of("registry.example:5000/app"), given) is None
    assert _credentials(reference_of("evil.registry.example/app"), given) is None
    assert PASSWORD not in repr(_credentials(reference_of("registry.example/app"), given))


@pytest.mark.parametrize(
    "content", ["", "[]", '{"auths": {"registry.example": {"auth": "not base64"}}}', '{"auths": 1}']
)
def test_a_file_without_credentials_is_a_wrong_call(tmp_path, content):
    file = tmp_path / "config.json"
    file.write_text(content)
    with pytest.raises(typer.BadParameter):
        pulled(reference_of("registry.example/app"), "", asked(auth=file, cache=tmp_path / "c"))


def test_ecr_s_token_is_asked_of_the_account_that_is_named_and_for_ecr_s_hosts_only(tmp_path, monkeypatch):
    moto = pytest.importorskip("moto")
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    config = tmp_path / "nephoscope.toml"
    config.write_text('[accounts.prod]\nid = "111122223333"\ncredentials = "environment"\n')
    given = asked(account="prod", config=config)
    with moto.mock_aws():
        assert _credentials(reference_of(f"{ECR}/app"), given).user == "AWS"
        with pytest.raises(typer.BadParameter, match="is no registry of ECR"):
            _credentials(reference_of(f"{ECR}.evil.example/app"), given)
