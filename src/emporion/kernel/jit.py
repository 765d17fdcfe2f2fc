"""How the kernel is compiled: one decorator, its options, and the folder of compiled code.

Numba's cache on disk looks only at the file of the function it compiled and not at what that
calls, so an edit elsewhere could run stale code. The folder is therefore named by a hash of
every source file that can reach the kernel.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba

from emporion.kernel import whole

F = TypeVar("F", bound=Callable)

# Bounds checks stay on in production: they cost some 6% and turn a wild index into a clean stop.
BOUNDSCHECK = os.environ.get("EMPORION_BOUNDSCHECK", "1") != "0"
COMPILED = not numba.config.DISABLE_JIT
OPTIONS = {"boundscheck": BOUNDSCHECK, "error_model": "python", "nogil": True}


def kernel(function: F) -> F:
    """A kernel function: called from kernel functions only, given records and integers, never arrays."""
    if not COMPILED:
        return function
    if not whole.IS_SUPPORTED:
        return numba.njit(**OPTIONS)(function)
    function.__qualname__ = f"{whole.PART}.{_name(function)}"
    whole.install()
    dispatcher = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **OPTIONS)(function)
    whole.widen(dispatcher)
    return dispatcher


def hot(function: F) -> F:
    """A kernel function that nearly every command runs: written into its callers."""
    if not COMPILED:
        return function
    whole.WRITTEN_IN.add(_name(function))
    return kernel(function)


def seldom(function: F) -> F:
    """A kernel function off the hot path: kept out of its callers, which stay small for it."""
    if not COMPILED:
        return function
    whole.KEPT_OUT.add(_name(function))
    return kernel(function)


def rare(function: F) -> F:
    """The same of what hardly any command runs: whatever leads there, the compiler takes for the exception.

    It does not know that by itself. Behind twenty questions it would take what is done at the end for a millionth
    of the whole, and keep its registers for the beginning.
    """
    if not COMPILED:
        return function
    whole.UNLIKELY.add(_name(function))
    return seldom(function)


def entry(function: F) -> F:
    """A kernel function that Python calls; its machine code, with all it calls, is kept on disk."""
    if not COMPILED:
        return function
    if whole.IS_SUPPORTED:
        function.__qualname__ = f"{whole.ENTRY}.{function.__qualname__}"
        whole.install()
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())  # Read when the cache is made, so set just here.
    try:
        return numba.njit(cache=True, **OPTIONS)(function)
    finally:
        numba.config.CACHE_DIR = before


def _name(function: Callable) -> str:
    """Module and name: `prices.above` is not `bits.above`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def cache_folder() -> Path:
    """Where compiled code of exactly this source is kept: EMPORION_CACHE, else the user's cache folder."""
    root = os.environ.get("EMPORION_CACHE")
    if root is None:
        root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "emporion")
    return Path(root) / f"kernel-{source_hash()}{'' if BOUNDSCHECK else '-unchecked'}"


def source_hash() -> str:
    """Hash of every file of schema/ and kernel/, and of the compiler's version."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=12)
    package = Path(__file__).parent.parent
    for folder in ("schema", "kernel"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_warm() -> bool:
    """Whether compiled code of this source is on disk, so that a start takes no compile."""
    folder = cache_folder()
    return folder.is_dir() and any(folder.rglob("*.nbi"))
