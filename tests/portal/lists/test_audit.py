def test_who_may_reads_the_log_and_a_change_in_it_shows(portal, admin, viewer):
    assert viewer.get("audit").status_code == 403
    assert admin.get("audit", q='action:"sign in" user_name:"Ada Admin"').json()["total"] >= 1
    assert admin.get("audit/verify").json()["is_whole"]
    with portal.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE portal_audit SET user_name = 'Nobody' WHERE number = 1")
    broken = admin.get("audit/verify").json()
    assert (broken["is_whole"], broken["broken_at"]) == (False, 1)
