"""Work shared out over processes, of this machine or of a Ray cluster: answers as they are ready, with their place.

Where a piece runs must not change its answer: a piece brings its own seed. `work` is a function of a module, which the
other process imports by name.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from emporion.errors import EmporionError

T = TypeVar("T")
R = TypeVar("R")
INTERRUPTED = 130  # Exit code of a worker that was told to stop; nobody reads it.
ON_RAY_MAX = 1000  # Pieces handed over at a time: asking which of n is ready takes as long as n is large.


def in_processes(work: Callable[[T], R], pieces: Sequence[T], count: int) -> Generator[tuple[int, R], None, None]:
    """(place, answer) of each piece, from `count` processes; with one, from this. Close it to stop early.

    Processes are fresh ("spawn"): a fork would copy locks that threads of this one hold. They are gone when the
    iterator ends, however it ends. The first error of `work` is raised; EmporionError when a process died.
    """
    if count <= 1:
        yield from ((place, work(piece)) for place, piece in enumerate(pieces))
        return
    context = multiprocessing.get_context("spawn")
    ear, mouth = context.Pipe(duplex=False)
    with ear, mouth:
        pool = ProcessPoolExecutor(count, context, _begin, (ear,))
        try:
            places = {pool.submit(work, piece): place for place, piece in enumerate(pieces)}
            for done in as_completed(places):
                yield places.pop(done), done.result()
        except BrokenProcessPool:
            raise EmporionError(
                "a worker process ended by itself: if memory ran out, take fewer processes; if this is a script, put "
                'the call under `if __name__ == "__main__":`; processes=1 works without any'
            ) from None
        except BaseException:  # Ctrl-C, an error, or a caller who has had enough.
            mouth.close()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(ear: Connection) -> None:
    """In a new worker: leave Ctrl-C to the parent, and end at once when it says so or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    ends: list[Any] = [ear] if parent is None else [ear, parent.sentinel]

    def watch() -> None:
        wait(ends)
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def on_ray(work: Callable[[T], R], pieces: Sequence[T], address: str) -> Generator[tuple[int, R], None, None]:
    """(place, answer) of each piece, from the Ray cluster at an address; one core a piece. Close it to stop early.

    A connection of the caller's own to Ray is used and left; one made here ends here. Raises EmporionError.
    """
    ray = _ray(address)
    is_ours = not ray.is_initialized()
    if is_ours:
        try:
            ray.init(address=address, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EmporionError(
                f"no Ray at {address!r} ({error}); is one running there (ray start --head), with the token that is set "
                "here (RAY_AUTH_TOKEN)?"
            ) from error
    places: dict[Any, int] = {}
    try:
        remote, coming = ray.remote(num_cpus=1)(work), enumerate(pieces)
        while True:
            for place, piece in islice(coming, ON_RAY_MAX - len(places)):
                places[remote.remote(piece)] = place
            if not places:
                return
            (done,), _ = ray.wait(list(places), num_returns=1)
            yield places.pop(done), ray.get(done)
    except ray.exceptions.RayError as error:
        last = str(error).strip().splitlines()[-1]
        raise EmporionError(
            f"Ray at {address!r} could not do a piece of work ({last}); has each of its machines emporion?"
        ) from error
    finally:
        for rest in places:
            ray.cancel(rest, force=True)
        if is_ours:
            ray.shutdown()


def _ray(address: str) -> Any:
    try:
        import ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise EmporionError(
            f"address={address!r} needs Ray: pip install ray, here and beside emporion on each machine of the cluster; "
            "or leave the address out, and processes of this machine do the work"
        ) from None
    return ray
