"""How bubble's numerical code is compiled: the decorators, their options, and the folder of compiled code.

Floats are welcome here, so the options differ from the kernel's: a division by zero gives an
infinity or a NaN, which the loops then pass over, instead of raising; multiplications and
additions may be fused. Nothing else of fast-math is allowed: NaN keeps its meaning, and sums keep
their order, so the same input gives the same bits in every run and for any number of threads.

Numba's cache on disk looks only at the file of the function compiled and not at what that calls.
The folder is therefore named by a hash of every source file of this package.
"""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, update_wrapper
from pathlib import Path
from typing import Any

import numba
import numpy as np

COMPILED = not numba.config.DISABLE_JIT
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
SAID_AFTER_S = 1.0  # A wait shorter than this needs no explanation.


def inner(*, checked: bool = True) -> Callable[[Callable], Callable]:
    """For a function that compiled functions call. `checked=False` only where every index is proven by its loop."""

    def decorate(function: Callable) -> Callable:
        return numba.njit(boundscheck=checked, **OPTIONS)(function) if COMPILED else function

    return decorate


def entry(*, checked: bool = True) -> Callable[[Callable], Callable]:
    """For a function that Python calls, always with arguments of the same types; its machine code is kept on disk."""

    def decorate(function: Callable) -> Callable:
        return Entry(function, checked) if COMPILED else _uncompiled(function)

    return decorate


class Entry:
    """A compiled function that says on stderr when its first call has to wait for the compiler."""

    _lock = threading.RLock()  # One compile at a time: the compiler takes turns anyway.

    def __init__(self, function: Callable, checked: bool) -> None:
        update_wrapper(self, function)
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(cache_folder())  # Read when the cache is made, so set just here.
        try:
            self._dispatcher = numba.njit(cache=True, boundscheck=checked, **OPTIONS)(function)
        finally:
            numba.config.CACHE_DIR = before
        self._is_ready = False

    def __call__(self, *arguments):
        if not self._is_ready:
            self._make_ready(arguments)
        return self._dispatcher(*arguments)

    def _make_ready(self, arguments: tuple) -> None:
        with self._lock:
            if self._is_ready:
                return
            begin_s = time.monotonic()
            timer = threading.Timer(SAID_AFTER_S, self._say, ["compiling {} for the first time ..."])
            timer.daemon = True
            timer.start()
            try:
                self._dispatcher.compile(tuple(numba.typeof(argument) for argument in arguments))
            finally:
                timer.cancel()
                timer.join()
            took_s = time.monotonic() - begin_s
            if took_s > SAID_AFTER_S:
                self._say(f"compiled {{}} in {took_s:.1f} s; kept in {cache_folder()}")
            self._is_ready = True

    def _say(self, text: str) -> None:
        name = f"{self.__module__.removeprefix('emporion.')}.{self.__name__}"  # type: ignore[attr-defined]
        print(f"emporion: {text.format(name)}", file=sys.stderr, flush=True)


def _uncompiled(function: Callable) -> Callable:
    """The plain function, in which floats behave as they do compiled: silent infinities and NaN."""

    def plain(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return update_wrapper(plain, function)


@cache
def cache_folder() -> Path:
    """Where compiled code of exactly this source is kept: EMPORION_CACHE, else the user's cache folder."""
    return cache_root() / f"bubble-{source_hash()}"


def cache_root() -> Path:
    """Where emporion keeps what it can make again."""
    root = os.environ.get("EMPORION_CACHE")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "emporion")
    return Path(root)


@cache
def source_hash() -> str:
    """Hash of every file of this package, and of the compiler's version."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=12)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
