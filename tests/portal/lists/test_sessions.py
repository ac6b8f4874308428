def test_one_sees_ones_own_sessions_and_an_administrator_everybodys(admin, viewer):
    assert {row["user_name"] for row in viewer.get("sessions").json()["items"]} == {"Vic Viewer"}
    assert {row["user_name"] for row in admin.get("sessions").json()["items"]} == {"Vic Viewer", "Ada Admin"}
    [theirs] = [row for row in admin.get("sessions").json()["items"] if row["is_current"]]
    assert viewer.get(f"sessions/{theirs['id']}").status_code == 404
    assert viewer.change("DELETE", f"sessions/{theirs['id']}", match="*").status_code == 404
