import pytest

from nephoscope.scan.exploitation import Epss, Kev
from nephoscope.scan.exploitation_feed import Exploitation
from nephoscope.scan.priority import MULTIPLIERS, NEUTRAL, Rating, Said, Surroundings, priority, severity, unseen

V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
V31_LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"  # 9.3
OPEN = Surroundings(Said("internet", "i"), Said("listening", "a"), Said("some", "r"), Said("high", "tag"))
BOTH = ("kev", "epss")


GRAVE = (Rating("critical", V31, "nvd"),)
NOTHING = Exploitation()


def scored(ratings=GRAVE, known=NOTHING, feeds=BOTH, cve=True, fix=True, at=OPEN):
    return priority(ratings, known, feeds, cve, fix, at)


def factor(found, name):
    return next(each for each in found.factors if each.name == name)


def test_the_score_is_the_product_of_its_factors_and_no_more_than_100():
    found = scored(known=Exploitation(None, Epss(0.2, 0.95)))
    product = 100.0
    for each in found.factors:
        product *= each.multiplier
    assert found.score == found.least == round(min(product, 100), 1)
    assert scored(known=Exploitation(Kev("2026-01-01", "", ransomware=True))).score == 100


def test_a_distributions_word_overrides_the_vector_beside_it():
    assert severity((Rating("critical", V31, "nvd"),)).value == "9.8"
    assert severity((Rating("low", V31, "debian"),))[:3] == ("severity", "low", 0.25)
    assert severity((Rating("low", V31, "debian"), Rating("critical", V31, "nvd"))).value == "low"


def test_the_newest_cvss_that_can_be_read_counts():
    assert severity((Rating("critical", f"{V4} {V31}", "ghsa"),)).value == "9.3"
    assert severity((Rating("critical", f"CVSS:4.0/broken {V31}", "ghsa"),)).value == "9.8"
    assert severity((Rating("low", V31_LOW, "a"), Rating("critical", V31, "b"))).value == "9.8"


@pytest.mark.parametrize("ratings", [(), (Rating("unknown", "", "a"),), (Rating("unknown", "CVSS:9/x", "a"),)])
def test_no_severity_is_neither_low_nor_high_and_widens_the_range(ratings):
    found = scored(ratings)
    part = factor(found, "severity")
    assert (part.value, part.multiplier) == ("", NEUTRAL["severity"])
    assert "no advisory gives" in part.source
    assert found.least < found.score < found.most


def test_a_catalogued_one_is_above_any_forecast_and_ransomware_above_that():
    at = unseen("x")
    forecast = scored(known=Exploitation(None, Epss(0.99, 1.0)), at=at)
    kev = scored(known=Exploitation(Kev("2026-01-01", "", ransomware=False), Epss(0.0, 0.0)), at=at)
    ransomware = scored(known=Exploitation(Kev("2026-01-01", "", ransomware=True)), at=at)
    assert forecast.score < kev.score < ransomware.score


@pytest.mark.parametrize(
    ("feeds", "cve", "why"),
    [
        ((), True, "no feed epss, and no feed kev"),
        (("kev",), True, "no feed epss, and it is not in CISA's catalogue"),
        (("epss",), True, "does not have it, and there is no feed kev"),
        (BOTH, True, "FIRST's table does not have it"),
        (BOTH, False, "it has no CVE"),
    ],
)
def test_missing_forecasts_say_why(feeds, cve, why):
    part = factor(scored(feeds=feeds, cve=cve), "exploitation")
    assert part.value == ""
    assert why in part.source
    assert part.least < part.multiplier < part.most


def test_a_forecast_without_the_catalogue_may_still_be_more():
    known = Exploitation(None, Epss(0.001, 0.1))
    assert scored(known=known, feeds=("epss",)).most > scored(known=known, feeds=BOTH).most


def test_what_is_not_known_of_a_place_is_said_and_lies_within_what_it_could_be():
    found = scored(at=unseen("no inventory holds it"))
    for name in ("exposure", "use", "privilege", "criticality"):
        part = factor(found, name)
        assert (part.value, part.source) == ("", "no inventory holds it")
        assert part.least == min(MULTIPLIERS[name].values()) <= part.multiplier <= part.most


def test_a_value_of_another_list_is_not_known():
    at = Surroundings(Said("<script>", "x"), Said("", "x"), Said("", "x"), Said("internet", "x"))
    assert {factor(scored(at=at), name).value for name in ("exposure", "criticality")} == {""}


def test_what_is_in_reach_comes_before_what_is_not():
    at = {
        word: Surroundings(Said(word, "i"), OPEN.use, OPEN.privilege, OPEN.criticality)
        for word in ("internet", "internal")
    }
    assert at["internet"].multiplier > at["internal"].multiplier


def test_a_fix_that_is_there_comes_first():
    known = Exploitation(None, Epss(0.02, 0.5))
    assert scored(known=known).score > scored(known=known, fix=False).score
