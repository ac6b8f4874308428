def row_of(browser, name):
    [row] = browser.get("users", q=f'name:"{name}"').json()["items"]
    return row


def test_the_last_administrator_stays_one(admin):
    row = row_of(admin, "Ada Admin")
    tag = admin.get(f"users/{row['id']}").headers["etag"]

    for change in ({"roles": ["viewer"]}, {"accounts": ["1"]}, {"is_disabled": True}):
        assert admin.change("PATCH", f"users/{row['id']}", change, tag).status_code == 409
    assert row_of(admin, "Ada Admin")["roles"] == ["admin"]


def test_two_who_change_a_user_at_once_do_not_undo_each_other(admin, viewer):
    row = row_of(admin, "Vic Viewer")
    tag = admin.get(f"users/{row['id']}").headers["etag"]

    assert admin.change("PATCH", f"users/{row['id']}", {"roles": ["analyst"]}, tag).status_code == 200
    assert admin.change("PATCH", f"users/{row['id']}", {"roles": ["author"]}, tag).status_code == 412
    assert admin.change("PATCH", f"users/{row['id']}", {"roles": ["author"]}).status_code == 428
    assert viewer.get("me").json()["roles"] == ["analyst"]


def test_a_new_invitation_is_for_users_of_ours(admin, viewer):
    row = row_of(admin, "Vic Viewer")

    assert "/setup#" in admin.post(f"users/{row['id']}/invite").json()["link"]
    assert admin.post("users/none/invite").status_code == 404
    assert admin.post("users", {"name": "X", "roles": ["root"], "accounts": ["*"]}).status_code == 422
