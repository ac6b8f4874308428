from nephoscope.portal.problems import KINDS, ProblemError, kind_of
from nephoscope.portal.shapes.common import Fault


def test_a_problem_says_what_where_and_what_to_do():
    problem = ProblemError("bad-query", "there is no field x", [Fault(pointer="#/query/q", detail="no", position=3)])
    shape = problem.shape("/api/v1/findings", "t1")

    assert (shape.status, shape.type, shape.trace_id) == (400, "/api/v1/problems/bad-query", "t1")
    assert shape.errors[0].position == 3


def test_every_kind_says_what_to_do_and_bare_statuses_have_one():
    assert all(title and todo for _, title, todo in KINDS.values())
    assert kind_of(405) == "no-method"
    assert kind_of(418) == "fault"
