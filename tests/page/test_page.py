"""The page's own tests: its types are the server's, its catalogue knows every code, and its unit tests pass.

What needs a browser is in tests/browser. `make page` installs what these need; without Node they fail and say so.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emporion.access.denied import CODES
from emporion.schema.codes import InstrumentStatus, Limit, Reject
from scripts import make_page_types

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = ROOT / "web"
CATALOGUE = WEB / "src" / "say" / "catalogue"
FIRST_CANCEL_REASON = 100
LINES_MAX = 450


def keys_of(part: str) -> set[str]:
    return set(re.findall(r'^  "([a-z0-9_.]+)":', (CATALOGUE / f"{part}.ts").read_text(), re.MULTILINE))


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("npm") is None or not (WEB / "node_modules").is_dir():
        pytest.fail("the page's packages are not installed: run `make page` (it needs Node)")
    return subprocess.run(["npm", *arguments], cwd=WEB, capture_output=True, text=True, timeout=300, check=False)


def test_the_page_speaks_the_shapes_of_this_server():
    assert make_page_types.render() == make_page_types.TARGET.read_text(), "python -m scripts.make_page_types"


def test_every_reason_to_refuse_is_in_the_catalogue():
    refusals = {f"problem.{reason.name.lower()}" for reason in Reject if 0 < reason < FIRST_CANCEL_REASON}
    cancels = {f"reason.{reason.name.lower()}" for reason in Reject if reason >= FIRST_CANCEL_REASON}
    assert refusals <= keys_of("problems")
    assert cancels <= keys_of("words")


def test_every_code_of_the_door_is_in_the_catalogue():
    known = keys_of("problems")
    gateway = "\n".join(path.read_text() for path in (ROOT / "src/emporion/gateway").rglob("*.py"))
    codes = set(re.findall(r'(?:fail|problem)\(\s*\d{3},\s*"([A-Z_]+)"', gateway)) | set(CODES)
    assert len(codes) > 20
    assert {f"problem.{code.lower()}" for code in codes} <= known


def test_every_status_and_limit_has_a_name():
    words = keys_of("words")
    assert {f"status.{status.name.lower()}" for status in InstrumentStatus} <= words
    assert {f"limit.{limit.name.lower()}" for limit in Limit} <= words


def test_files_of_the_page_are_small():
    sources = [path for path in (WEB / "src").rglob("*") if path.suffix in {".ts", ".tsx", ".css"}]
    long = {path.name: lines for path in sources if (lines := path.read_text().count("\n")) > LINES_MAX}
    assert not {name: lines for name, lines in long.items() if name != "types.ts"}  # Written by a program.


def test_no_download_address_is_in_the_lock():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()


def test_nothing_of_the_page_is_inline():
    """The content security policy would stop it: no style attribute as text, no script in the page, no raw HTML."""
    for path in (WEB / "src").rglob("*.tsx"):
        assert not re.search(r'\bstyle="|dangerouslySetInnerHTML|innerHTML', path.read_text()), path.name
    assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)", (WEB / "index.html").read_text())


@pytest.mark.parametrize("script", ["types", "test"])
def test_the_types_and_unit_tests_of_the_page_pass(script):
    done = npm("run", "--silent", script)
    assert done.returncode == 0, done.stdout + done.stderr


def test_building_again_without_a_change_does_nothing():
    build = ["sh", str(ROOT / "scripts" / "build_page.sh")]
    first = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert first.returncode == 0, first.stderr
    again = subprocess.run(build, capture_output=True, text=True, timeout=60, check=False)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_what_is_built_is_small_and_whole():
    built = ROOT / "src" / "emporion" / "gateway" / "page"
    index = (built / "index.html").read_text()
    loaded = re.findall(r'<(?:script|link)[^>]* (?:src|href)="/([^"]+)"', index)
    assert {Path(name).suffix for name in loaded} == {".js", ".css", ".svg"}
    assert all((built / name).is_file() for name in loaded)
    sent = sum((built / f"{name}.br").stat().st_size for name in loaded if not name.endswith(".svg"))
    assert sent < 130_000, "what a browser loads has grown; docs/concepts/page.md says about 100 KB"
