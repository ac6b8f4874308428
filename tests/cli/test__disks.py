import json

import pytest

pytest.importorskip("moto")

from tests.cli.test_findings import data, run  # noqa: F401  fixtures
from tests.pipeline.disk_estate import ACCOUNT, REGION, standing
from tests.scan.images.made import layout
from tests.scan.images.served import debian, registry
from tests.scan.zip_made import python, zipped

from nephoscope.cli.output import Exit
from nephoscope.scan.disks.taking import ROLE, scan_policy
from nephoscope.store.ledger import open_ledger


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    with standing(tmp_path_factory.mktemp("estate")) as one:
        one.allow(scan_policy())
        yield one


@pytest.fixture
def config(tmp_path, estate, monkeypatch):
    """A configuration that names the account and the role that scans there."""
    for name, value in estate.sandbox.environment(ACCOUNT, REGION).items():
        if name != "AWS_ENDPOINT_URL":
            monkeypatch.setenv(name, value)
    file = tmp_path / "scan.toml"
    role = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
    file.write_text(
        f'data = "{tmp_path / "data"}"\n[aws]\nendpoint_url = "{estate.sandbox.endpoint_url}"\n'
        f'[accounts.prod]\nid = "{ACCOUNT}"\ncredentials = "environment"\nscan_role = "{role}"\n'
        f'regions = ["{REGION}"]\n'
    )
    open_ledger(str(tmp_path / "data" / "ledger.db")).close()
    return file


@pytest.mark.slow
def test_an_instance_is_scanned_and_its_packages_are_listed_under_its_name(estate, config, run):  # noqa: F811
    code, out, said = run("scan", "instance", estate.instance, "--format", "jsonl", "--config", str(config))
    row = json.loads(out)
    assert (code, row["state"], row["packages"]) == (Exit.NOTHING, "scanned", 2), said
    assert row["fetched_bytes"] > 0
    code, out, _ = run("vulnerabilities", "--by", "target", "--format", "jsonl", "--config", str(config))
    assert [json.loads(line)["target"] for line in out.splitlines()] == [estate.instance]
    code, out, _ = run("scan", "image", estate.image, "--format", "jsonl", "--config", str(config))
    assert (code, json.loads(out)["packages"]) == (Exit.NOTHING, 2)
    code, out, said = run("scan", "instance", "i-0123456789abcdef0", "--format", "jsonl", "--config", str(config))
    assert (code, json.loads(out)["state"]) == (Exit.UNSEEN, "failed")
    assert "InvalidInstanceID.NotFound" in said
    assert estate.left() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("instance", "ami-0abc"), "begins with i-"),
        (("image", "../x"), "begins with ami-"),
        (("instance", "i-0abc", "--account", "moon"), "there are: prod"),
        (("instance", "i-0abc", "--format", "xml"), "neither jsonl nor text"),
    ],
)
def test_wrong_calls_say_what_is_wrong(config, run, arguments, said):  # noqa: F811
    code, _, told = run("scan", *arguments, "--config", str(config))
    assert code == Exit.USAGE
    assert said in told


def test_an_image_of_a_registry_is_kept_under_its_digest(run, tmp_path):  # noqa: F811
    file = tmp_path / "n.toml"
    file.write_text("")
    with registry() as served:
        digest = served.put(layout({"linux/amd64": [debian()]})).tags["1"]
        options = ("--allow-private", "--plain-http", "--cache", str(tmp_path / "cache"), "--config", str(file))
        code, out, said = run("scan", "image", f"{served.host}/team/app:1", *options, "--format", "jsonl")
        assert (code, json.loads(out)["id"]) == (Exit.NOTHING, f"{served.host}/team/app@{digest}"), said
        code, out, _ = run("vulnerabilities", "--by", "target", "--format", "jsonl", "--config", str(file))
        assert [json.loads(line)["target"] for line in out.splitlines()] == [f"{served.host}/team/app@{digest}"]
        code, out, said = run("scan", "image", f"{served.host}/team/app:none", *options, "--format", "jsonl")
        assert (code, json.loads(out)["state"]) == (Exit.UNSEEN, "failed")
        assert "answered 404" in said


@pytest.mark.slow
def test_a_function_is_scanned_by_its_name(estate, config, run):  # noqa: F811
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = estate.ask("iam", "CreateRole", RoleName="runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    made = {"Runtime": "python3.12", "Handler": "m.h", "Role": role, "Code": {"ZipFile": zipped(python())}}
    estate.ask("lambda", "CreateFunction", FunctionName="resize", **made)
    code, out, said = run("scan", "function", "resize", "--format", "jsonl", "--config", str(config))
    assert (code, json.loads(out)["packages"]) == (Exit.NOTHING, 1), said
    assert run("scan", "function", "gone", "--config", str(config))[0] == Exit.UNSEEN
