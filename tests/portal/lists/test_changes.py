def test_a_change_names_its_actor_and_its_event(viewer):
    [row] = viewer.get("changes", q="kind:changed actor:mallory operation:PutBucketAcl").json()["items"]

    assert row["paths"] == ["/PublicAccessBlockConfiguration"]
    assert row["actor_detail"]["ip"] == "203.0.113.9"
    assert viewer.get(f"events/{row['event']}").json()["record"]["metadata.uid"] == "e1"
    assert viewer.get("changes", q="path:publicaccess").json()["total"] == 1


def test_one_change_is_found_by_its_key_within_scope(viewer, scoped):
    [row] = viewer.get("changes", q="kind:changed").json()["items"]

    assert viewer.get(f"changes/{row['key']}").json()["flips"][0]["verdict"] == "Fail"
    assert scoped.get(f"changes/{row['key']}").status_code == 404
    assert viewer.get("changes/AAAA").status_code == 404
