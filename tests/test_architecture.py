"""The house's rules that a machine can hold: sizes, names, who may import or say what, and a map that is true."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "nephoscope"
MODULES = sorted(SOURCE.rglob("*.py"))
CONTENT = (
    "scan/ecosystems/",
    "agent/checks/",
    "agent/tables/",
    "assess/checks/",
    "inventory/resources/",
    "detect/rules/",
    "sandbox/incidents/",
    "portal/shapes/",
    "portal/routes/",
)
SDKS = {"boto3", "botocore", "moto", "azure", "google"}
SDK_HOMES = ("clouds/", "sandbox/")
SERVER_ONLY = SDKS | {"pyarrow", "chdb", "clickhouse_connect", "sqlalchemy", "cryptography", "httpx"}
SERVER_ONLY |= {"fastapi", "starlette", "uvicorn", "argon2", "webauthn", "authlib", "joserfc", "pydantic"}
LIGHT = ("model/", "detect/", "assess/", "scan/", "plugins.py", "config.py", "cli/")
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|CREATE\s+TABLE|DELETE\s+FROM|ALTER\s+TABLE)\b")
MODULE_LIMIT = 400
FUNCTION_LIMIT = 50


def short(path):
    return path.relative_to(SOURCE).as_posix()


@cache
def tree(path):
    return ast.parse(path.read_text())


def imported(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def top_level(path):
    """The imports that run when the module is imported (those for type checkers do not)."""
    return set(imported(tree(path).body))


def test_modules_and_functions_stay_small():
    long = [short(path) for path in MODULES if path.read_text().count("\n") > MODULE_LIMIT]
    functions = [
        f"{short(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LIMIT
    ]
    assert not long
    assert not functions


def test_every_engine_module_has_its_test():
    missing = [
        short(path)
        for path in MODULES
        if not path.name.startswith("_") and not short(path).startswith(CONTENT) and not mirror_of(path).exists()
    ]
    assert not missing


def mirror_of(path):
    return REPOSITORY / "tests" / path.relative_to(SOURCE).parent / f"test_{path.name}"


def test_no_test_patches_our_own_code():
    patched = [
        str(path)
        for path in (REPOSITORY / "tests").rglob("*.py")
        if re.search(r"""(mock\.patch|monkeypatch\.setattr|patch)\(["']nephoscope""", path.read_text())
    ]
    assert not patched


def test_only_clouds_and_the_sandbox_know_a_providers_sdk_and_only_inside_functions():
    elsewhere = {
        short(path)
        for path in MODULES
        if SDKS & set(imported(ast.walk(tree(path)))) and not short(path).startswith(SDK_HOMES)
    }
    at_top = {short(path) for path in MODULES if short(path).startswith("clouds/") and SDKS & top_level(path)}
    assert not elsewhere
    assert not at_top


def test_the_light_core_imports_no_extra():
    heavy = {short(path): top_level(path) & SERVER_ONLY for path in MODULES if short(path).startswith(LIGHT)}
    assert not {path: names for path, names in heavy.items() if names}


def test_only_the_store_holds_sql():
    spoken = {
        f"{short(path)}:{node.lineno}"
        for path in MODULES
        if not short(path).startswith(("store/", "agent/spool.py", "agent/packages/rpm_sqlite"))  # hosts' databases
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    }
    assert not spoken


def test_a_broad_except_says_which_boundary_it_is():
    silent = [
        f"{short(path)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "noqa: BLE001" in line and not re.search(r"noqa: BLE001\s*[-—:(#].*\w", line)
    ]
    assert not silent


def test_the_map_is_true():
    text = (REPOSITORY / "ARCHITECTURE.md").read_text()
    drawn = set(re.findall(r"`src/nephoscope/([a-z_]+)[/.]", text))
    there = {path.stem for path in SOURCE.iterdir() if not path.name.startswith("_")}
    assert drawn == there


def test_nothing_names_a_registry_or_a_machines_path():
    hosts = "|".join(("p[y]pi[.]org", "python[h]osted", "registry[.]np[m]js", "deb[.]debia[n]", "/ro[o]t/", "/wor[k]/"))
    found = subprocess.run(
        ["git", "grep", "-nIE", hosts, "--", "."], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if found.returncode == 128:
        pytest.skip("not a git checkout")
    assert found.stdout == ""
