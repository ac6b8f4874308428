import inspect

from nephoscope.sandbox.changes import identities


def test_every_kind_of_change_is_named_by_what_it_is():
    kinds = [
        thing
        for name, thing in vars(identities).items()
        if inspect.isfunction(thing) and thing.__module__ == identities.__name__
    ]
    assert len(kinds) >= 6
    assert all(thing.__doc__ and not thing.__doc__.startswith("Test") for thing in kinds)
