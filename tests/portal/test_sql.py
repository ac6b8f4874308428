"""SQL is for administrators of all accounts, and every try is noted."""


def test_a_statement_is_answered_and_noted(admin):
    answer = admin.post(
        "events/sql", {"sql": "SELECT `api.operation` AS o, count() AS n FROM events GROUP BY o"}
    ).json()

    assert answer["columns"] == ["o", "n"]
    assert sorted(answer["rows"]) == [["GetObject", 2], ["StopLogging", 5]]
    cut = admin.post("events/sql", {"sql": "SELECT number FROM numbers(10)", "limit": 3}).json()
    assert (len(cut["rows"]), cut["is_cut"]) == (3, True)
    assert admin.get("audit", q="action:sql outcome:done").json()["total"] == 2


def test_what_is_refused_is_noted_too(admin):
    answer = admin.post("events/sql", {"sql": "SELECT * FROM file('/etc/passwd')"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/sql")
    assert admin.get("audit", q="action:sql outcome:refused").json()["total"] == 1


def test_it_is_for_administrators_of_all_accounts(scoped, analyst):
    for browser in (scoped, analyst):
        assert browser.post("events/sql", {"sql": "SELECT 1"}).status_code == 403
