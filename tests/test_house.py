"""The house rules that a machine can hold: names with units, documented names, quiet pure code, small files.

Everything here reads the source text, so that a broken module is reported by name and nothing is imported for it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
PACKAGE = REPO / "swath"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PYTHON_FILES = sorted(p for folder in ("swath", "tests", "benchmarks", "docs") for p in (REPO / folder).rglob("*.py"))

UNIT = re.compile(
    r"_(m|s|deg|rad|arcsec|w|wh|j|kg|k|hz|bit|px|days|rev_day"
    r"|km2|m2|m_s|m_s2|m3_s2|deg_s|deg_s2|rad_s|bit_s|w_m2|db|dbw|db_k|per_[a-z]+)$"
)
"""The one unit a dimension has here, as the end of a name. Kilometres only in areas, as people ask for them."""

DIMENSIONLESS = {
    *("bstar", "eccentricity", "mean_motion_dot", "mean_motion_ddot"),  # as element sets print them
    *(
        "value",
        "nodata",
        "truth",
        "resolution",
        "bound",
        "gap",
        "low",
        "high",
        "default",
        "scale",
        "offset",
        "saturated",
    ),  # in the unit that stands beside them
    *("mean", "sd", "sigma"),
    *("confidence", "contrast", "overhead", "quality", "signal_to_noise", "weight"),
}
DIMENSIONLESS_WORD = {
    *(
        "chance",
        "clear",
        "cos",
        "count",
        "cover",
        "efficiency",
        "fraction",
        "index",
        "logit",
        "loss",
        "ndvi",
        "ndwi",
        "probability",
        "ratio",
    ),
    *("reflectance", "share", "sin"),
}
"""Last or first word of a name that is a plain number: ``missing_fraction``, ``p_clear``, ``ndvi_mean``."""

QUANTITY = {
    *("altitude", "angle", "area", "azimuth", "battery", "bearing", "distance", "duration", "elevation", "energy"),
    *("extent", "focal", "frequency", "gsd", "height", "incidence", "inclination", "lat", "latitude", "length", "lon"),
    *("longitude", "mass", "nadir", "period", "pitch", "power", "raan", "radius", "range", "roll", "separation"),
    *("slant", "spacing", "speed", "temperature", "velocity", "wavelength", "width", "yaw"),
}
"""Words that name a physical quantity: an array called by one of them needs its unit too."""

SHELL = {"sources", "store", "operate", "serve", "cli"}
"""The rooms that may touch the world. Archive and report may also write files into a folder they are given."""
WRITERS = SHELL | {"archive", "report"}
NETWORK = {
    *("aiohttp", "asyncio", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver", "ssl"),
    *("telnetlib", "urllib", "urllib3", "xmlrpc"),
}
HEAVY = {"erfa", "highspy", "llvmlite", "numba", "numpy", "PIL", "pyproj", "rasterio", "sgp4", "shapely"}

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPO)))
each_python_file = pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(REPO)))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def room(path: Path) -> str:
    """``orbit`` for swath/orbit/sgp4.py, ``time`` for swath/time.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def public(name: str) -> bool:
    return not name.startswith("_")


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public functions and classes of a module, and the public methods of the classes."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and public(node.name):
            yield node.name, node
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(member, Function) and public(member.name):
                    yield f"{node.name}.{member.name}", member


def numbers(tree: ast.Module) -> Iterator[tuple[str, str, ast.expr, ast.expr | None]]:
    """Owner, name, annotation and default of every public parameter and every field of a public class."""
    for owner, node in public_definitions(tree):
        if isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and public(field.target.id):
                    yield owner, field.target.id, field.annotation, field.value
        else:
            for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if arg.annotation is not None:
                    yield owner, arg.arg, arg.annotation, None


def has_unit(name: str) -> bool:
    return bool(UNIT.search(f"_{name}"))


def is_plain_number(name: str) -> bool:
    words = name.split("_")
    return name in DIMENSIONLESS or bool({words[0], words[-1]} & DIMENSIONLESS_WORD)


@each_source
def test_every_number_has_its_unit_in_its_name(path: Path) -> None:
    """Every float of a record; of parameters, those named after a physical quantity. Kernels take plain arrays."""
    wrong = []
    for owner, name, annotation, _ in numbers(parse(path)) if not path.stem.endswith("kernels") else ():
        kind = ast.unparse(annotation)
        scalar = bool(re.fullmatch(r"float( \| None)?", kind))
        array = bool(re.search(r"\bFloats\b|ArrayLike|NDArray\[np\.float64\]", kind)) and "Callable" not in kind
        record = owner[0].isupper() and "." not in owner
        named = bool(QUANTITY & set(name.split("_")))
        if (scalar or array) and (named or (scalar and record)) and not (has_unit(name) or is_plain_number(name)):
            wrong.append(f"{owner}: {name}: {kind}")
    assert not wrong, f"no unit at the end of the name (m, s, deg, ...): {wrong}"


@each_source
def test_compiled_loops_live_in_kernels(path: Path) -> None:
    if not path.stem.endswith("kernels"):
        assert not imports(parse(path)) & {"numba", "numba.njit"}, "numba belongs in kernels.py or *_kernels.py"


@each_source
def test_a_column_says_its_unit_twice_and_the_same(path: Path) -> None:
    wrong = []
    for owner, name, _, default in numbers(parse(path)):
        if isinstance(default, ast.Call) and ast.unparse(default.func) == "column":
            dtype, unit = (ast.literal_eval(argument) for argument in default.args[:2])
            if unit not in ("-", "UTC"):
                good = name.endswith("_" + unit.lower().replace("/", "_"))
            else:
                good = not has_unit(name) and (dtype != "f8" or is_plain_number(name))
            if not good:
                wrong.append(f"{owner}.{name} [{unit}]")
    assert not wrong, f"the end of the name and the declared unit differ: {wrong}"


@each_source
def test_all_lists_everything_public(path: Path) -> None:
    tree = parse(path)
    if len(tree.body) == 1:
        return  # a folder's docstring and nothing else
    listed = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert len(listed) == 1, "the module has no __all__"
    names = listed[0]
    assert len(names) == len(set(names)), f"named twice in __all__: {names}"
    defined, bound = set(), set()
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef):
            defined.add(node.name)
        bound |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
    assert not set(names) - defined - bound, "in __all__ but not in the module"
    assert not {n for n in defined if public(n)} - set(names), "public but not in __all__"


@each_source
def test_everything_public_says_what_it_answers(path: Path) -> None:
    tree = parse(path)
    assert ast.get_docstring(tree), "the module has no docstring"
    silent = [name for name, node in public_definitions(tree) if not ast.get_docstring(node)]
    assert not silent, f"no docstring: {silent}"


@each_python_file
def test_files_are_small(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= 400, f"{lines} lines: split it where a reader would"


@each_source
def test_functions_are_small(path: Path) -> None:
    long = {}
    for node in ast.walk(parse(path)):
        if isinstance(node, Function):
            first = node.body[0]
            words = first.end_lineno - first.lineno + 1 if ast.get_docstring(node, clean=False) is not None else 0
            code = node.end_lineno - node.lineno + 1 - words
            if code > 40:
                long[node.name] = code
    assert not long, f"over 40 lines of code without the docstring: {long}"


def _called(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@each_source
def test_only_the_shell_touches_the_world(path: Path) -> None:
    where, calls = room(path), list(_called(parse(path)))
    wrong = set()
    for name, call in calls:
        argument = ast.unparse(call.args[0]) if call.args else ""
        if name == "print" and where != "cli":
            wrong.add("prints")
        if where not in SHELL and (
            re.search(r"\b(datetime\.(now|utcnow|today)|date\.today)$", name)
            or re.search(r"(^|\.)(perf_counter|monotonic|process_time|time_ns)$|^time\.time$", name)
            or (name.endswith("datetime64") and argument in ("'now'", "'today'"))
        ):
            wrong.add(f"reads a clock: {name}")
        packaged = "files(__package__)" in name  # data that ships with the code is part of the code
        if where not in WRITERS and re.search(r"^open$|\.(read|write)_(text|bytes)$", name) and not packaged:
            wrong.add(f"reads or writes a file: {name}")
        if re.search(r"(^|\.)default_rng$", name) and not call.args and not call.keywords:
            wrong.add("chance without a seed")
    assert not wrong, f"{sorted(wrong)} in {where}/, which takes data and returns data"


def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@each_source
def test_network_and_unseeded_chance_are_not_imported(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imports(parse(path)) if not name.startswith("urllib.parse")}
    assert "random" not in roots, "the random module keeps a hidden state: use numpy's default_rng(seed)"
    if room(path) not in {"sources", "serve"}:
        assert not roots & NETWORK, f"imports {roots & NETWORK}; only sources and serve reach the network"


def test_the_judge_of_plans_shares_only_the_problem_with_the_solver() -> None:
    judges = sorted([*(PACKAGE / "plan").glob("verify*.py"), *(PACKAGE / "plan" / "judge").glob("*.py")])
    used = {name for path in judges for name in imports(parse(path)) if name.startswith("swath.plan")}
    own = {"swath.plan.judge", *(f"swath.plan.{path.stem}" for path in judges)}
    assert {".".join(name.split(".")[:3]) for name in used} - own == {"swath.plan.problem"}


def test_every_pure_room_is_under_the_contract() -> None:
    contracts = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    held = next(set(c["source_modules"]) for c in contracts if c["id"] == "pure")
    rooms = {f"swath.{name}" for name in ("orbit", "access", "spacecraft", "plan", "design", "claim", "product")}
    present = {name for name in rooms if (REPO / name.replace(".", "/")).is_dir()}
    assert held == present


@pytest.mark.parametrize("use", ["", "sys.argv = ['swath', '--help']\ntry: main()\nexcept SystemExit: pass"])
def test_help_needs_no_heavy_library(use: str) -> None:
    code = f"import sys\nfrom swath.cli.main import main\n{use}\nprint('HEAVY', *sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=REPO)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1].split() == ["HEAVY"]


def tracked_text() -> Iterator[tuple[str, str]]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        cwd=REPO,
        check=True,
    )
    for name in listing.stdout.decode().split("\0"):
        path = REPO / name
        if name and path.is_file():
            try:
                yield name, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


@pytest.mark.skipif(not (REPO / ".git").exists(), reason="not a checkout")
def test_no_file_names_a_path_of_somebodys_machine() -> None:
    machine = re.compile(r"(?<![.\w-])/(?:work|farm|root|home|Users|tmp)/[\w.]")
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in tracked_text()
        for number, line in enumerate(text.splitlines(), 1)
        if machine.search(line)
    ]
    assert not found


@pytest.mark.parametrize("path", sorted((REPO / "requirements").glob("*.txt")), ids=lambda p: p.name)
def test_pins_are_exact_hashed_and_name_no_address(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|file:", text)
    pins = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert pins
    assert not [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin]


def test_the_changelog_knows_this_version() -> None:
    (version,) = re.findall(r'^__version__ = "(.+)"$', (PACKAGE / "__init__.py").read_text("utf-8"), re.MULTILINE)
    assert f"## [{version}]" in (REPO / "CHANGELOG.md").read_text("utf-8")
