import msgspec

from nephoscope.model.advisory import Advisory


def test_a_record_is_read_as_it_is_published_and_what_is_not_asked_for_is_left():
    record = {
        "id": "OSV-1",
        "details": "long",
        "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": [{"type": "SEMVER", "events": []}]}],
    }
    advisory = msgspec.json.decode(msgspec.json.encode(record), type=Advisory)

    assert advisory.affected[0].package.name == "a"
    assert advisory.withdrawn is None
