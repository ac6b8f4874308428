"""Content with anything anywhere: one value of a YAML file replaced by what nobody should write there."""

import copy
import random

import yaml

ANYTHING = (
    *(None, 0, -1, 1e308, float("nan"), 10**30, True, "", "a", "\ud83d", "x" * 3_000, "9999-99-99"),
    *("${x}", "${account}", "${steps.a.b}", [], [1], [[1]], {}, {"a": 1}, {1: 2}, {"a": {"b": [1]}}),
)


def mangled(text, times):
    """So many editions of a file, each with one value replaced; the same ones every time."""
    chance = random.Random(text)
    content = yaml.safe_load(text)
    content = {"on" if key is True else key: value for key, value in content.items()}
    places = list(_places(content))
    for _ in range(times):
        yield yaml.safe_dump(_with(content, chance.choice(places), chance.choice(ANYTHING)), allow_unicode=True)


def _places(content, above=()):
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        yield (*above, key)
        yield from _places(value, (*above, key))


def _with(content, place, value):
    made = copy.deepcopy(content)
    holder = made
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return made
