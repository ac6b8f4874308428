from nephoscope.portal.catalogue import SOURCES


def test_every_list_says_its_fields_and_what_to_show_first(viewer):
    lists = {each["list"]: each for each in viewer.get("query/fields").json()["lists"]}

    assert lists["findings"]["default_q"] == "status:open"
    assert {"findings", "items", "changes", "events", "gaps", "hours", "rules"} <= set(lists)
    assert (
        next(field for field in lists["findings"]["fields"] if field["name"] == "severity")["values"][-1] == "critical"
    )


def test_values_are_completed_within_scope(viewer, scoped):
    def values(browser, **asked):
        return browser.get("query/values", **asked).json()["values"]

    assert set(values(viewer, list="findings", field="account")) == {"111111111111", "222222222222"}
    assert values(viewer, list="findings", field="account", begins="22") == ["222222222222"]
    assert values(scoped, list="findings", field="account") == ["222222222222"]
    assert values(viewer, list="events", field="api.operation", begins="Stop") == ["StopLogging"]
    assert values(viewer, list="findings", field="status", begins="o") == ["open"]
    assert values(viewer, list="findings", field="last_seen_at") == []
    assert viewer.get("query/values", list="findings", field="none").status_code == 404
    assert viewer.get("query/values", list="users", field="name").status_code == 403


def test_every_list_that_is_served_can_be_asked_and_completed(admin):
    paths = admin.get("openapi.json").json()["paths"]
    served = {path.removesuffix("/facets").rpartition("/")[2] for path in paths if path.endswith("/facets")}

    assert served == {name.replace("_", "-") for name in SOURCES}
    for name, source in SOURCES.items():
        facet = next(field for field, about in source.fields.items() if about.is_facet)
        assert admin.get("query/values", list=name, field=facet).status_code == 200, name
