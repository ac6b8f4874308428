from nephoscope.model.condition import All, Any_, Not, Term, Test, positive, terms

A, B = (Term(name, Test.EQUALS, ("x",)) for name in "ab")


def test_every_term_is_found_in_order():
    assert list(terms(All((A, Not(Any_((B, A))))))) == [A, B, A]


def test_not_is_moved_to_the_terms():
    assert positive(Not(All((A, Not(B))))) == Any_((Not(A), B))
    assert positive(Not(Any_((A, Not(Not(B)))))) == All((Not(A), Not(B)))
