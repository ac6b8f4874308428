from tests.store.samples import NOON

from nephoscope.model.package import Package
from nephoscope.pipeline.judging import days_of, judging, worst_places
from nephoscope.scan.exploitation import Epss, Kev
from nephoscope.store.exploitation import replace_exploitation
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, id_of, list_looks, put_look
from nephoscope.store.surroundings import replace_surroundings

SHARED, OWN = Package("PyPI", "a", "1"), Package("PyPI", "b", "1")
INNER, OUTER = Target("host", "inner"), Target("host", "outer")
NAMES = ("exposure", "use", "privilege", "criticality")


def test_the_place_that_makes_most_counts_for_a_package_that_several_hold(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as ledger, ledger.write() as connection:
        put_look(connection, INNER, [SHARED, OWN], "agent", NOON)
        put_look(connection, OUTER, [SHARED], "agent", NOON)
        places = {
            target.key: dict.fromkeys(NAMES, ("", "x")) | {"exposure": (word, "x")}
            for target, word in ((INNER, "internal"), (OUTER, "internet"))
        }
        replace_surroundings(connection, places)
        replace_exploitation(connection, {"CVE-1": (Kev("2026-01-01", "", ransomware=True), Epss(0.5, 0.9))})
        known = judging(connection, days_of({"kev": 1}))
        worst = worst_places(connection, list_looks(connection), known, [id_of(SHARED), id_of(OWN)])
    assert worst[id_of(SHARED)].exposure.value == "internet"
    assert worst[id_of(OWN)].exposure.value == "internal"
    assert known.judge.exploited["CVE-1"].kev == Kev("2026-01-01", "", ransomware=True)
    assert (known.judge.days["kev"], known.judge.days["high"]) == (1, 30)
