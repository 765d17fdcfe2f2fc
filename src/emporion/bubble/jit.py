"""How bubble's numerical code is compiled: the decorators, their options, and the folder of compiled code.

Floats are welcome here, so the options differ from the kernel's: a division by zero gives an
infinity or a NaN, which the loops then pass over, instead of raising; multiplications and
additions may be fused. Little else of fast-math is allowed: NaN keeps its meaning, and sums keep
their order or, where a function says so, are cut into strands when it is compiled. So the same input gives the
same bits in every run and for any number of threads.

Numba's cache on disk looks only at the file of the function compiled and not at what that calls.
The folder is therefore named by a hash of the file itself and of every file of this package that it
imports, directly or not. Files with compiled code should import little else.
"""

import hashlib
import os
import re
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
CHECKED = bool(numba.config.BOUNDSCHECK)  # NUMBA_BOUNDSCHECK=1: every index, whatever the decorators say.
SAID_AFTER_S = 1.0  # A wait shorter than this needs no explanation.


def inner(*, checked: bool = True, strands: bool = False) -> Callable[[Callable], Callable]:
    """For a function that compiled functions call. `checked=False` only where every index is proven by its loop.

    `strands=True` lets the compiler cut a sum into strands, always in the same way, which makes vector code of it.
    """
    options = OPTIONS | {"fastmath": {"contract", "reassoc"}} if strands else OPTIONS

    def decorate(function: Callable) -> Callable:
        return numba.njit(boundscheck=checked, **options)(function) if COMPILED else function

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
        self._folder = cache_folder(Path(function.__code__.co_filename).stem)
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(self._folder)  # Read when the cache is made, so set just here.
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
            types = tuple(numba.typeof(argument) for argument in arguments)
            if any(self._folder.rglob(f"*.{self.__name__}-*.nbi")):  # type: ignore[attr-defined]
                self._dispatcher.compile(types)  # Read from there.
            else:
                self._compile(types)
            self._is_ready = True

    def _compile(self, types: tuple) -> None:
        begin_s = time.monotonic()
        timer = threading.Timer(SAID_AFTER_S, self._say, ["compiling {}, this once ..."])
        timer.daemon = True
        timer.start()
        try:
            self._dispatcher.compile(types)
        finally:
            timer.cancel()
            timer.join()
        took_s = time.monotonic() - begin_s
        if took_s > SAID_AFTER_S:
            self._say(f"compiled {{}} in {took_s:.1f} s; kept in {self._folder}")

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
def cache_folder(module: str) -> Path:
    """Where compiled code of exactly this module's source is kept."""
    return cache_root() / f"bubble-{module}-{source_hash(module)}{'-checked' if CHECKED else ''}"


def cache_root() -> Path:
    """Where emporion keeps what it can make again."""
    root = os.environ.get("EMPORION_CACHE")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "emporion")
    return Path(root)


@cache
def source_hash(module: str) -> str:
    """Hash of a module of this package with all it imports from here, and of the compiler's version."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=12)
    for name in sorted(_reached(module)):
        digest.update(name.encode() + b"\0" + _source(name) + b"\0")
    return digest.hexdigest()


def _source(module: str) -> bytes:
    path = Path(__file__).with_name(f"{module}.py")
    return path.read_bytes() if path.is_file() else b""  # Compiled from elsewhere: a notebook, a test.


def _reached(module: str) -> set[str]:
    """The module and what it imports from this package, directly or not."""
    reached, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r"^\s*from emporion\.bubble\.(\w+) import", _source(name).decode(), re.MULTILINE)
    return reached
