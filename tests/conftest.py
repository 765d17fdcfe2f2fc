"""How much chance a run takes: scripts/run_tests.py names the mode in EMPORION_TESTS."""

import os

import numba
from hypothesis import HealthCheck, settings

EXAMPLES = {
    "compiled": 100,
    "pure": 10,  # Some hundred times slower; here it is coverage and overflow that count.
    "bounds": 50,
    "sim": 2_000,
}
IS_PURE = bool(numba.config.DISABLE_JIT)
MODE = os.environ.get("EMPORION_TESTS", "pure" if IS_PURE else "compiled")

settings.register_profile(
    "emporion",
    max_examples=EXAMPLES[MODE],
    deadline=None,  # The first call may compile the kernel.
    print_blob=True,  # A failure is reported with what reproduces it.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("emporion")


def pytest_report_header() -> str:
    kernel = "plain Python" if IS_PURE else "compiled"
    bounds = ", every index checked" if numba.config.BOUNDSCHECK else ""
    return f"emporion: mode {MODE}, kernel {kernel}{bounds}"
