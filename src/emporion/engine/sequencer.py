"""Many callers, one node: what arrives while one group is under way is committed as the next.

So the more there is to do, the more commands share one fdatasync.
"""

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import numpy as np

from emporion.engine.failures import PartlyTaken
from emporion.engine.node import Answer, Node
from emporion.errors import BadValue, DiskFull, EmporionError

GROUP_REQUESTS = 4_096
GROUP_ROWS = 65_536
IDLE_S = 0.005  # Nothing came for so long: cover the last answer.
SLEEP_S = 1.0

T = TypeVar("T")


class Carrier(Protocol):
    """Who brings the commands of many at once, and takes their answer back. Called on the sequencer's thread.

    None of these may raise.
    """

    def take(self, node: Node) -> np.ndarray:
        """The rows to commit, perhaps none. The state is as it will be before the first of them and of
        whatever is committed together with them: look at it now."""
        ...

    def set_result(self, answer: Answer) -> None: ...

    def set_exception(self, error: Exception) -> None:
        """The node has stopped, or took an unknown part."""
        ...

    def submit_each(self, node: Node) -> None:
        """Nothing was taken, because of one among those committed together: submit one by one."""
        ...


# Rows to submit, a function of the node, or None: the carrier has them. And who is told: a Future or a Carrier.
Item = tuple[Any, Any]


class Sequencer:
    """A thread that submits for all. The node's own methods may be used beside it."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="emporion-sequencer", daemon=True)
        self._thread.start()

    def submit(self, rows: np.ndarray) -> "Future[Answer]":
        """Queue commands. The future's answer comes when they are durable and applied.

        Its exceptions are those of Node.submit. The rows must not be changed until then.
        """
        future: Future[Answer] = Future()
        self._enqueue((rows, future))
        return future

    def call(self, ask: Callable[[Node], T]) -> "Future[T]":
        """Run `ask(node)` on the sequencer's thread, between batches, in the order asked.

        This is how others read the state: never while a batch moves it on. What `ask` returns must be a
        copy. It is run on a node that has stopped, too. What it raises is the future's exception.
        """
        future: Future[T] = Future()
        self._enqueue((ask, future))
        return future

    def fetch(self, carrier: Carrier) -> None:
        """Have commands taken from a carrier when the sequencer comes to it: whatever it has by then."""
        self._enqueue((None, carrier))

    def close(self) -> None:
        """Finish what is queued, then end the thread. The node stays open."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _enqueue(self, item: Item) -> None:
        with self._closing:
            if self._is_closed:
                raise BadValue("the sequencer has been closed")
            self._queue.put(item)

    def _run(self) -> None:
        wait_s, over = IDLE_S, False
        while not over:
            try:
                group = [self._queue.get(timeout=wait_s)]
            except queue.Empty:
                wait_s = self._idle()
                continue
            rows = 0
            while group[-1] is not None and len(group) < GROUP_REQUESTS and rows < GROUP_ROWS:
                rows += len(group[-1][0]) if isinstance(group[-1][0], np.ndarray) else 0  # Carriers bound theirs.
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            over = group[-1] is None
            self._work_off([item for item in group if item is not None and _is_wanted(item)])
            wait_s = IDLE_S

    def _work_off(self, group: list[Item]) -> None:
        """Commands together as far as they stand together; questions between them, in the order they came."""
        for is_question, items in itertools.groupby(group, key=lambda item: callable(item[0])):
            if is_question:
                for ask, future in items:
                    self._answer(ask, future)
            else:
                self._commit(list(items))

    def _answer(self, ask: Callable[[Node], Any], future: "Future[Any]") -> None:
        try:
            result = ask(self.node)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _idle(self) -> float:
        """Returns how long there is nothing to do."""
        try:
            due_ns = self.node.idle()
        except EmporionError:
            return SLEEP_S  # The node has stopped; whoever submits hears of it.
        if due_ns == 0:
            return SLEEP_S
        return min(SLEEP_S, max(1e-3, (due_ns - self.node.clock.now_ns()) / 1e9))

    def _commit(self, group: list[Item]) -> None:
        group = [(sink.take(self.node) if rows is None else rows, sink) for rows, sink in group]
        group = [(rows, sink) for rows, sink in group if len(rows) or isinstance(sink, Future)]
        if not group:
            return
        try:
            answers = self.node.submit_many([rows for rows, _ in group])
        except Exception as error:
            if isinstance(error, BadValue | DiskFull) and not isinstance(error, PartlyTaken):
                self._commit_each(group)  # One spoils it for all, and none was taken.
            else:
                for _, sink in group:
                    sink.set_exception(error)
        else:
            for (_, sink), answer in zip(group, answers, strict=True):
                sink.set_result(answer)

    def _commit_each(self, group: list[Item]) -> None:
        for rows, sink in group:
            if not isinstance(sink, Future):
                sink.submit_each(self.node)
                continue
            try:
                answer = self.node.submit(rows)
            except Exception as error:
                sink.set_exception(error)
            else:
                sink.set_result(answer)


def _is_wanted(item: Item) -> bool:
    """Whether the caller has not given up meanwhile; from now on it cannot."""
    return not isinstance(item[1], Future) or item[1].set_running_or_notify_cancel()
