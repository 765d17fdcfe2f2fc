"""Answers that are problems: which exception of the in-process API each one is."""

from email.utils import parsedate_to_datetime
from enum import Enum
from functools import cache
from typing import Any, NoReturn, TypeVar, cast

import msgspec
import numpy as np

from emporion.client.errors import BadAnswer, ConnectionFailed, NotAllowed, RateLimited
from emporion.client.http1 import Answer
from emporion.errors import BadValue, DiskFull, EmporionError, Refused
from emporion.schema.codes import Event, Reject
from emporion.schema.messages import EVENT
from emporion.wire.problem import Problem

T = TypeVar("T")
# Names that are not listed raise BadValue in process. The door gives them these codes; the kernel, asked by number,
# too, and then its own sentence is in the detail.
OF_DOOR_OR_KERNEL = {"BAD_VALUE", "UNKNOWN_ACCOUNT", "UNKNOWN_ASSET", "UNKNOWN_INSTRUMENT"}


class Verdict(Enum):
    """What an answer means for the request."""

    FINAL = "final"  # For the caller, good or bad.
    AGAIN = "again"  # 503 from a door whose venue is away: it may have been done.
    RATE = "rate"  # Nothing was done; later.
    CLOCK = "clock"  # Nothing was done: our clock is off, or the venue has just taken over.


def judge(answer: Answer) -> Verdict:
    """What to do next."""
    if answer.status == 429:
        return Verdict.RATE
    if answer.status == 401 and problem_of(answer).code == "STALE_TIME":
        return Verdict.CLOCK
    if answer.status in (502, 503, 504):
        code = problem_of(answer).code
        return Verdict.FINAL if code in Reject.__members__ or code == "DISK_FULL" else Verdict.AGAIN
    return Verdict.FINAL


def tells_of_before(answer: Answer) -> bool:
    """Whether an answer to a repeat says that the first sending was heard, or was not.

    The kernel does: of all reasons but those of shape it gives DUPLICATE first. A door that does not let
    the request in, or has no room, says nothing of the one before.
    """
    if answer.status in (401, 403):
        return False
    return answer.status < 500 or problem_of(answer).code in Reject.__members__


def problem_of(answer: Answer) -> Problem:
    """The problem details of an answer; of a proxy's page, made from the status."""
    try:
        return _problem_decoder.decode(answer.body)
    except msgspec.DecodeError:
        text = answer.body[:100].decode(errors="replace").strip() or "no body"
        return Problem(answer.status, "", "NO_PROBLEM", f"status {answer.status}", f"status {answer.status}: {text}")


def summary(answer: Answer) -> str:
    """What the problem says, for messages."""
    return problem_of(answer).detail.rstrip(".")


def retry_after(answer: Answer) -> float:
    """Seconds after which to ask again; 0 where the answer does not say."""
    exact_ms = problem_of(answer).retry_after_ms
    if exact_ms is not None:
        return max(0, exact_ms) / 1_000
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else 0.0


def clock_offset_ns(answer: Answer, now_ns: int) -> int | None:
    """How far the venue's clock is ahead of ours, to a second, by the answer's date; None without one."""
    try:
        return int(parsedate_to_datetime(answer.headers["date"]).timestamp()) * 1_000_000_000 - now_ns
    except (KeyError, ValueError):
        return None


def decode(answer: Answer, kind: type[T], what: str) -> T:
    """The body of a good answer; otherwise the exception that the in-process API would raise."""
    if not 200 <= answer.status < 300:
        fail(answer, what)
    try:
        found: T = _decoder(cast(Any, kind)).decode(answer.body)
    except msgspec.DecodeError as error:
        raise BadAnswer(f"{what}: the answer is not as this version knows it: {error}") from None
    return found


def fail(answer: Answer, what: str) -> NoReturn:
    """Raise what the answer's problem is."""
    raise exception_of(problem_of(answer), what, retry_after(answer))


def exception_of(problem: Problem, what: str, wait: float = 0.0) -> EmporionError:
    """The exception for a problem."""
    code, detail = problem.code, problem.detail
    if is_refusal(problem):
        return refused(Reject[code], detail, problem.order_id or 0)
    if problem.status == 429:
        return RateLimited(f"{what}: {detail}", wait)
    if problem.status in (401, 403):
        return NotAllowed(code, f"{what}: {detail}")
    if code == "DISK_FULL":
        return DiskFull(detail)
    if problem.status >= 500:
        return ConnectionFailed(f"{what}: {detail}")
    if code == "NO_PROBLEM" or problem.status < 400:
        return BadAnswer(f"{what}: no venue answers there, but something with {detail}")
    return BadValue(detail.replace("GET /v1/", ""))  # "No instrument is named 'X'; instruments lists them."


def is_refused(answer: Answer, *reasons: Reject) -> bool:
    """Whether an answer is a refusal for one of these reasons."""
    return answer.status >= 400 and problem_of(answer).code in {reason.name for reason in reasons}


def is_refusal(problem: Problem) -> bool:
    """Whether the kernel said no, rather than the door."""
    code = problem.code
    return code in Reject.__members__ and (code not in OF_DOOR_OR_KERNEL or f"{code}: " in problem.detail)


def refused(reason: Reject, message: str, order_id: int = 0) -> Refused:
    """`Refused` as in process. Of the event, what the door tells: reason, and with DUPLICATE the first one's number."""
    event: Any = np.zeros(1, EVENT)[0]
    event["kind"], event["reason"], event["order_id"] = Event.REJECTED, reason, order_id
    if reason == Reject.DUPLICATE and order_id and str(order_id) not in message:
        message += f" (it is order or hold {order_id})"
    return Refused(reason, message, event)


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)


_problem_decoder = msgspec.json.Decoder(Problem)
