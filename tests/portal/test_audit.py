def test_what_people_do_is_kept_with_who_from_where_by_which_way(admin, analyst):
    uid = analyst.get("findings").json()["items"][0]["uid"]
    analyst.post(f"findings/{uid}/acknowledge", {"text": "mine"})
    [row] = admin.get("audit", q='action:"finding acknowledge"').json()["items"]

    assert (row["user_name"], row["way"], row["ip"], row["object"]) == ("Ann Analyst", "session", "127.0.0.1", uid)
    assert row["detail"] == {"text": "mine"}
    assert admin.get("audit/verify").json()["is_whole"]


def test_secrets_do_not_get_into_the_log(admin):
    admin.post("auth/step-up", {"password": "correct horse battery"})

    assert "battery" not in admin.get("audit", limit=200).text
