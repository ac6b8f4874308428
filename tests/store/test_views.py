from dataclasses import replace

from tests.store.samples import NOON

from nephoscope.store.views import View, count_views, drop_view, get_view, put_view, views_of


def test_a_view_is_kept_as_it_is_and_one_is_the_default(ledger):
    one = View("1", "u", "Ada", "findings", "mine", NOON, "q", "-severity", ("a", "b"), {"w": 1}, is_default=True)
    with ledger.write() as connection:
        put_view(connection, one)
        put_view(connection, replace(one, id="2", is_shared=True))
        assert get_view(connection, "1") == replace(one, is_default=False)
        assert get_view(connection, "2") == replace(one, id="2", is_shared=True)
        assert [view.id for view in views_of(connection, "u")] == ["1", "2"]
        assert [view.id for view in views_of(connection, "v")] == ["2"]
        assert count_views(connection, "u") == 2
        drop_view(connection, "1")
        assert get_view(connection, "1") is None
