from tests.portal.serving import PASSWORD, Browser


def test_preferences_are_kept_by_version(viewer):
    first = viewer.get("me/preferences")
    tag = first.headers["etag"]

    assert viewer.change("PUT", "me/preferences", {"preferences": {"theme": "dark"}}).status_code == 428
    assert viewer.change("PUT", "me/preferences", {"preferences": {"theme": "dark"}}, tag).status_code == 200
    assert viewer.change("PUT", "me/preferences", {"preferences": {"theme": "light"}}, tag).status_code == 412
    assert viewer.get("me").json()["preferences"] == {"theme": "dark"}
    large = {"preferences": {"x": "y" * 70_000}}
    assert viewer.change("PUT", "me/preferences", large, "*").status_code == 413


def test_a_changed_password_ends_the_other_sessions(viewer):
    other = Browser(viewer.app).sign_in("Vic Viewer")

    assert viewer.post("me/password", {"password": "another good password"}).status_code == 200
    assert other.get("me").status_code == 401
    assert viewer.get("me").status_code == 200
    assert viewer.post("auth/password", {"name": "Vic Viewer", "password": PASSWORD}).status_code == 401
    viewer.sign_in("Vic Viewer", "another good password")
