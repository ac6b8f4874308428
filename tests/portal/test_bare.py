from nephoscope.portal.app import make_app
from nephoscope.portal.bare import bare_portal


def test_routes_can_be_described_without_stores():
    assert make_app(bare_portal()).state.portal.config.portal.url == "http://localhost:8650"
