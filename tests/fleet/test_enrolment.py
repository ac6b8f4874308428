import base64
import json

import pytest

from nephoscope.fleet.enrolment import Claim, parse_enrolment
from nephoscope.model.errors import HostRefused

KEY = bytes(range(32))
DOCUMENT = {
    "instanceId": "i-0123456789abcdef0",
    "accountId": "111122223333",
    "region": "eu-west-1",
    "imageId": "ami-1",
}


def body(document=DOCUMENT, **others):
    cloud = {"provider": "aws", "document": json.dumps(document), "signature": "x", "caller": None}
    told = {"token": "njt_", "key": base64.b64encode(KEY).decode(), "hostname": "web-1", "machine_id": "ab" * 16}
    return json.dumps(told | {"cloud": cloud, "image": None, "python": "3.11.2", "os": {"id": "debian"}} | others)


def test_a_host_says_its_key_and_which_instance_it_is():
    enrolment = parse_enrolment(body().encode())

    assert enrolment.key == KEY
    assert enrolment.claim == Claim("aws", "i-0123456789abcdef0", "111122223333", "eu-west-1", "ami-1")
    assert enrolment.request.hostname == "web-1"


def test_a_host_outside_clouds_says_nothing_of_them_but_may_name_its_image():
    assert parse_enrolment(body(cloud=None).encode()).claim == Claim()
    assert parse_enrolment(body(cloud=None, image={"id": "golden"}).encode()).claim == Claim(image="golden")


@pytest.mark.parametrize(
    "told",
    [
        body(key="AAAA"),
        body(hostname="h" * 301),
        body(machine_id=["x"]),
        body(os={str(number): "" for number in range(51)}),
        body(os={"id": {}}),
        body(cloud={"provider": "aws", "document": "[]"}),
        body(cloud={"provider": "aws", "document": "[" * 30_000}),
        body(cloud={"provider": "gcp", "document": "{}"}),
        body({**DOCUMENT, "instanceId": "i-1'; DROP TABLE hosts"}),
        body({**DOCUMENT, "instanceId": "i-0123456789abcdef0\n"}),
        body({**DOCUMENT, "accountId": 12}),
        body({**DOCUMENT, "region": "../.."}),
        "",
        "null",
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_refused(told):
    with pytest.raises(HostRefused) as refused:
        parse_enrolment(told.encode())
    assert refused.value.kind == "unreadable"
    assert len(refused.value.detail) < 500
