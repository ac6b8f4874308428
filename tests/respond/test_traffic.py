import pytest

from nephoscope.respond.traffic import cut_off, size


class Known:
    def __init__(self, *flows):
        self.seen = flows

    def flows(self, account, addresses, days):
        return self.seen


def flow(peer, count):
    return {"peer": peer, "port": 443, "direction": "outbound", "bytes": count}


def test_the_busiest_peers_are_named_first_and_the_rest_counted():
    known = Known(*(flow(f"10.0.0.{number}", number * 1000) for number in range(1, 12)))

    said = cut_off(known, "1", ["10.0.1.4"])

    assert said.startswith("Cuts off, by the flows of the last 7 days: 10.0.0.11:443 outbound (11 kB), 10.0.0.10:443")
    assert said.endswith("and 3 more.")


def test_silence_is_not_taken_for_no_traffic():
    assert "flow logs are not collected" in cut_off(Known(), "1", ["10.0.1.4"])
    assert "No address of it is known" in cut_off(Known(flow("10.0.0.1", 1)), "1", [])


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (2_100_000, "2.1 MB"), (10**18, "1e+06 TB")])
def test_sizes_are_for_people(count, text):
    assert size(count) == text
