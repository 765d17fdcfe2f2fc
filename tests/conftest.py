"""How much chance a run takes: scripts/run_tests.py names the mode in EMPORION_TESTS."""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = {
    "compiled": 100,
    "pure": 10,  # Some hundred times slower; here it is coverage and overflow that count.
    "bounds": 50,
    "sim": 2_000,
}
MODE = os.environ.get("EMPORION_TESTS", "compiled")

settings.register_profile(
    "emporion",
    max_examples=EXAMPLES[MODE],
    deadline=None,  # The first call may compile the kernel.
    print_blob=True,  # A failure is reported with what reproduces it.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("emporion")
