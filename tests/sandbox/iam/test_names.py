from nephoscope.sandbox.iam.names import ACTIONS, FREE, PASSED_ROLES, PREFIXES


def test_no_name_is_listed_that_says_nothing_new():
    same = [(service, name) for service, names in ACTIONS.items() for name, action in names.items() if name == action]
    assert not same
    assert all(prefix for prefix in PREFIXES.values())


def test_roles_are_passed_to_services():
    assert all(service.endswith(".amazonaws.com") for passed in PASSED_ROLES.values() for _, service in passed)


def test_what_is_free_needs_no_table():
    assert all(operation not in ACTIONS.get(service, {}) for service, operation in FREE)
