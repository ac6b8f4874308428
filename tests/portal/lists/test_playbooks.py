"""Playbooks are shown as they are written."""


def test_they_are_listed_and_shown_whole(viewer):
    listed = viewer.get("playbooks", q="inputs:bucket").json()["items"]
    one = viewer.get("playbooks/quarantine_instance").json()

    assert [row["name"] for row in listed] == ["close_public_bucket"]
    assert one["inputs"]["instance_id"] == {
        "type": "string",
        "is_required": True,
        "default": None,
        "description": "The instance, as i-0abc.",
    }
    assert one["source"].startswith("name: quarantine_instance")
    assert one["steps"][0]["name"] == "protect"
    assert one["limits"]
    assert viewer.get("playbooks/none").status_code == 404
