"""Imports only go down, and the few other things a reader of the source may rely on.

Read from the source with `ast`, so that a module breaking a rule is named with its line even
when it cannot be imported.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "emporion"
LINES_MAX = 450  # "About 400": past that a file is usually two concepts.

# Folder -> floor. Folders of one floor are strangers to each other, but for FRIENDS.
FLOORS = {
    "errors": 0, "version": 0, "schema": 0,
    "kernel": 1, "storage": 1, "wire": 1,
    "access": 2, "engine": 2, "feeds": 2, "history": 2, "instruments": 2,
    "venue": 3,
    "client": 4, "gateway": 4, "services": 4, "sim": 4, "bench": 4, "bubble": 4,
    "cli": 5,
}  # fmt: skip
FRIENDS = {  # What is measured is imported, and so is what a service serves.
    ("schema", "errors"), ("cli", "cli"), ("bench", "gateway"), ("bench", "bubble"), ("services", "bubble"),
}  # fmt: skip
ROOT_MODULES = {"__init__", "__main__"}  # `import emporion` and `python -m emporion`: open to all, above all.


@dataclass(frozen=True)
class Import:
    path: Path
    line: int
    target: str  # Dotted name in full: "emporion.kernel.apply", "numpy".

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def folder_of(path: Path) -> str:
    """The folder under emporion/, or the name of a module that stands there itself."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path, tree: ast.AST) -> Iterator[Import]:
    """Each import, wherever it stands: in a function or behind TYPE_CHECKING as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(path, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                inside = path.relative_to(PACKAGE.parent).with_suffix("").parts[: -node.level]
                base = ".".join((*inside, base)).rstrip(".")
            for alias in node.names:
                yield Import(path, node.lineno, f"{base}.{alias.name}")


def imports() -> list[Import]:
    return [found for path in modules() for found in imports_of(path, parsed(path))]


def problem(found: Import) -> str | None:
    """What is wrong with one import, or None."""
    parts = found.target.split(".")
    source = folder_of(found.path)
    if parts[0] != "emporion" or source in ROOT_MODULES:
        return None
    target = parts[1] if len(parts) > 1 else "__init__"
    if target not in FLOORS:  # `from emporion import Venue`: the package itself stands on all floors.
        above = source != "cli"
        return f"{found.where}: {source} imports the whole package ({found.target})" if above else None
    if source == target or (source, target) in FRIENDS or FLOORS[target] < FLOORS[source]:
        return None
    relation = "its stranger" if FLOORS[target] == FLOORS[source] else "upward"
    return f"{found.where}: {source} (floor {FLOORS[source]}) imports {relation} {target} (floor {FLOORS[target]})"


def test_every_folder_has_a_floor():
    folders = {folder_of(path) for path in modules()} - ROOT_MODULES
    assert folders <= FLOORS.keys(), f"give these a floor: {sorted(folders - FLOORS.keys())}"


def test_imports_only_go_down():
    problems = [text for found in imports() if (text := problem(found))]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("kernel/a.py", "import emporion.engine.node", "kernel (floor 1) imports upward engine (floor 2)"),
        ("kernel/a.py", "from emporion import engine", "kernel (floor 1) imports upward engine (floor 2)"),
        ("kernel/a.py", "from ..storage import journal", "kernel (floor 1) imports its stranger storage (floor 1)"),
        ("wire/a.py", "def f():\n    import emporion.venue", "wire (floor 1) imports upward venue (floor 3)"),
        ("engine/a.py", "from emporion import Venue", "engine imports the whole package (emporion.Venue)"),
        ("kernel/a.py", "from . import book\nfrom emporion.schema.codes import Side\nimport numpy", None),
        ("gateway/a.py", "from emporion.errors import EmporionError\nfrom emporion.engine import node", None),
    ],
)
def test_a_broken_rule_is_noticed(module, source, expected):
    path = PACKAGE / module
    problems = [text for found in imports_of(path, ast.parse(source)) if (text := problem(found))]
    line = source.count("\n") + 1
    assert problems == ([] if expected is None else [f"src/emporion/{module}:{line}: {expected}"])


def outside_imports(*folders: str) -> list[Import]:
    """Imports of the named folders that leave both emporion and the standard library."""
    known = sys.stdlib_module_names | {"emporion"}
    return [
        found
        for found in imports()
        if folder_of(found.path) in folders and found.target.split(".")[0] not in known
    ]


def test_schema_needs_numpy_only():
    strangers = [f for f in outside_imports("schema", "errors") if f.target.split(".")[0] != "numpy"]
    assert not strangers, "\n".join(f"{f.where}: {f.target}" for f in strangers)


def test_only_the_kernel_and_the_analysis_of_prices_are_compiled():
    compiled = [f for f in outside_imports(*FLOORS) if f.target.split(".")[0] in ("numba", "llvmlite")]
    assert {folder_of(f.path) for f in compiled} <= {"kernel", "bubble"}, "\n".join(f.where for f in compiled)
    inside = {f.path.name for f in compiled if folder_of(f.path) == "bubble"}
    assert inside <= {"jit.py"}, f"compile through bubble/jit.py: {inside}"


def test_bubble_needs_numpy_and_its_compiler_only():
    """A library for arrays: it works without a venue, and without any of the server's packages.

    Ray is for whom a machine is not enough: one file imports it, inside a function.
    """
    known = {"numpy", "numba"}
    strangers = [f for f in outside_imports("bubble") if f.target.split(".")[0] not in known]
    strangers = [f for f in strangers if (f.path.name, f.target) != ("workers.py", "ray")]
    assert not strangers, "\n".join(f"{f.where}: {f.target}" for f in strangers)


def test_the_kernel_needs_numpy_and_its_compiler_only():
    strangers = [f for f in outside_imports("kernel") if f.target.split(".")[0] not in ("numpy", "numba", "llvmlite")]
    assert not strangers, "\n".join(f"{f.where}: {f.target}" for f in strangers)


CLOCKS = {  # What tells the time of day. Measuring a duration (time.monotonic, perf_counter) is free.
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.clock_gettime", "time.clock_gettime_ns",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
}  # fmt: skip
CHANCE = ("random", "secrets", "uuid", "numpy.random")
PURE = ("schema", "kernel", "storage", "wire", "feeds", "instruments")  # Same input, same output.


def clock_reads(path: Path, tree: ast.AST) -> Iterator[str]:
    where = path.relative_to(ROOT)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ".".join(ast.unparse(node).split(".")[-2:])
            if name in CLOCKS:
                yield f"{where}:{node.lineno}: reads {name}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            for alias in node.names:
                if f"time.{alias.name}" in CLOCKS:
                    yield f"{where}:{node.lineno}: reads time.{alias.name}"


def test_only_the_clock_reads_the_time_of_day():
    paths = [path for path in modules() if path != PACKAGE / "engine" / "clock.py"]
    reads = [text for path in paths for text in clock_reads(path, parsed(path))]
    assert not reads, "\n".join(reads)


@pytest.mark.parametrize(
    "source", ["import time\ntime.time_ns()", "from time import time", "import datetime as d\nd.datetime.now()"]
)
def test_a_clock_is_noticed(source):
    assert len(list(clock_reads(PACKAGE / "kernel" / "a.py", ast.parse(source)))) == 1


def test_no_chance_below_the_venue():
    lucky = [
        f"{f.where}: {f.target}" for f in imports() if folder_of(f.path) in PURE and f.target.startswith(CHANCE)
    ]
    assert not lucky, "\n".join(lucky)


def kernel_functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((PACKAGE / "kernel").glob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef) and any("kernel" in ast.unparse(d) for d in node.decorator_list):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}", node


def kernel_problems(where: str, function: ast.FunctionDef) -> Iterator[str]:
    """What a compiled function may not contain, as far as its text tells."""
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{where}: a float, {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{where}: `/` makes a float"
        elif isinstance(node, ast.Dict | ast.DictComp | ast.List | ast.ListComp | ast.Set | ast.SetComp | ast.Lambda):
            yield f"{where}: a {type(node).__name__}"
        elif isinstance(node, ast.JoinedStr):
            yield f"{where}: a formatted string"
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np" and node.attr != "int64":
            yield f"{where}: np.{node.attr}"  # int64 widens a narrow field; all else makes arrays or floats.
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            yield f"{where}: a slice is an array"
    arguments = function.args
    if arguments.defaults or arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        yield f"{where}: has defaults or stars"


def test_kernel_functions_are_plain():
    problems = [text for where, function in kernel_functions() for text in kernel_problems(where, function)]
    assert not problems, "\n".join(problems)


def test_an_odd_kernel_function_is_noticed():
    function = ast.parse("def f(state, n=1):\n    x = [1.5, n / 2]\n    return state.orders[1:n]").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert sorted(text.split(": ", 1)[1] for text in kernel_problems("f", function)) == [
        "`/` makes a float", "a List", "a float, 1.5", "a slice is an array", "has defaults or stars",
    ]  # fmt: skip


def test_files_are_short():
    long = {str(p.relative_to(ROOT)): n for p in modules() if (n := len(p.read_text().splitlines())) > LINES_MAX}
    assert not long, f"usually two concepts: {long}"


# Put together here, so that this file does not contain them.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "npmjs" + ".com/-", "deb" + ".debian.org")
FOLDERS = ("src", "tests", "scripts", "docs", "examples", "clients", "benchmarks", ".ci")
BINARY = {".png", ".jpg", ".gz", ".zip", ".parquet", ".npy", ".woff2", ".pyc"}


def text_files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in FOLDERS:
        yield from (p for p in (ROOT / folder).rglob("*") if p.is_file() and "node_modules" not in p.parts)


def test_no_registry_is_named():
    """Where packages come from is the installer's business: a mirror must serve as well."""
    pattern = re.compile("|".join(map(re.escape, HOSTS)))
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in text_files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not named, "\n".join(named)
