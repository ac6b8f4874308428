"""A resource's story: what changed, who did it, what it turned; and what it is related to."""


def key_of(browser, id_):
    [row] = browser.get("items", q=f"id:{id_}").json()["items"]
    return row["key"]


def test_the_timeline_ties_differences_actor_event_and_verdicts(viewer):
    entries = viewer.get(f"items/{key_of(viewer, 'logs')}/timeline").json()["items"]
    last, first = entries

    assert [(each["path"], each["before"], each["after"]) for each in last["changes"]] == [
        ("/PublicAccessBlockConfiguration/BlockPublicAcls", True, False)
    ]
    assert last["actor"].endswith("user/mallory")
    assert [(flip["previous"], flip["verdict"]) for flip in last["flips"]] == [("Pass", "Fail")]
    assert (first["kind"], last["kind"]) == ("created", "changed")


def test_the_timeline_pages(viewer):
    key = key_of(viewer, "logs")
    first = viewer.get(f"items/{key}/timeline", limit=1).json()
    second = viewer.get(f"items/{key}/timeline", limit=1, cursor=first["next"]).json()

    assert [len(first["items"]), len(second["items"]), second["next"]] == [1, 1, None]
    assert viewer.get(f"items/{key_of(viewer, 'theirs')}/timeline", cursor=first["next"]).status_code == 400


def test_any_two_moments_are_compared_whichever_comes_first(viewer):
    key = key_of(viewer, "logs")
    late, early = "2026-05-01T14:00:00Z", "2026-05-01T12:30:00"
    found = viewer.get(f"items/{key}/compare", from_at=late, to_at=early).json()

    assert [each["path"] for each in found["changes"]] == ["/PublicAccessBlockConfiguration/BlockPublicAcls"]
    assert found["actors"] == ["arn:aws:iam::111111111111:user/mallory"]
    before = viewer.get(f"items/{key}/compare", from_at="2020-01-01T00:00:00Z", to_at=early).json()
    assert (before["before"], before["changes"][0]["kind"]) == (None, "added")


def test_a_graph_grows_one_step_at_a_time_in_both_directions(viewer, scoped):
    [out] = viewer.get(f"items/{key_of(viewer, 'theirs')}/neighbours").json()["neighbours"]
    [back] = scoped.get(f"items/{out['item']}/neighbours").json()["neighbours"]

    assert (out["kind"], out["direction"], out["id"]) == ("uses", "out", "k1")
    assert (back["direction"], back["id"], back["open_findings"], back["worst"]) == ("in", "theirs", 1, "low")
