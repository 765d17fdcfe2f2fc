"""One request until its answer: signed anew each time it is sent, sent again where that does no harm."""

import random
import time
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from emporion.client import problems
from emporion.client.errors import ConnectionFailed, Cut, NotSent, OutcomeUnknown
from emporion.client.flow import Flow, Pause, Send
from emporion.client.http1 import Answer, Origin, request
from emporion.client.signer import Signer

FIRST_PAUSE = 0.05  # Seconds; doubled each time, give or take a quarter, up to LONGEST_PAUSE.
LONGEST_PAUSE = 2.0


class Repeat(Enum):
    """What sending again would do."""

    SAFE = "reads"  # It changes nothing.
    NAMED = "named"  # The venue knows it for the same: a client id, or it says how something is to be.
    ONCE = "once"  # It might be done twice.


class Reply(NamedTuple):
    """An answer, and whether an earlier sending of the same request may have been done already."""

    answer: Answer
    perhaps_before: bool


class Exchange:
    """How long to try, how to sign, and what the clock of the venue is."""

    def __init__(
        self,
        origin: Origin,
        signer: Signer,
        patience: float,
        rate_patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds during which to send again; `rate_patience`: seconds to wait when there is no room."""
        self.origin, self.signer = origin, signer
        self._patience, self._rate_patience, self._clock = patience, rate_patience, clock

    def ask(
        self,
        method: str,
        target: str,
        what: str,
        *,
        body: bytes = b"",
        account: str = "",
        repeat: Repeat = Repeat.SAFE,
        remedy: str = "",
    ) -> Flow[Reply]:
        """Send, and again after a lost connection or a 503 as far as `repeat` allows, until there is an answer.

        Args:
            what: in words, for messages: "place buy 1 BTC/USDC for ann".
            remedy: how to find out whether it was done.

        Raises:
            ConnectionFailed: nothing was done.
            OutcomeUnknown: it may have been done.
        """
        deadline, pause = self._clock() + self._patience, FIRST_PAUSE
        rate_patience = self._rate_patience
        perhaps = is_clock_mended = False
        while True:
            headers = self.signer.headers(method, target, account, body)
            at_least = 0.0
            try:
                answer = yield Send(request(self.origin, method, target, headers, body))
            except NotSent as error:
                trouble = str(error)
            except Cut as error:
                trouble, perhaps = str(error), True
            else:
                assert answer is not None
                verdict = problems.judge(answer)
                at_least = problems.retry_after(answer)
                if verdict is problems.Verdict.FINAL:
                    if perhaps and repeat is Repeat.NAMED and not problems.tells_of_before(answer):
                        raise unknown(what, problems.summary(answer), remedy)
                    return Reply(answer, perhaps)
                if verdict is problems.Verdict.RATE:
                    if at_least <= rate_patience:
                        rate_patience -= at_least
                        yield Pause(at_least)
                        continue
                    if not perhaps or repeat is not Repeat.NAMED:
                        return Reply(answer, perhaps)
                if verdict is problems.Verdict.CLOCK and not at_least:
                    offset_ns = problems.clock_offset_ns(answer, self.signer.clock.now_ns())
                    if not is_clock_mended and offset_ns is not None:
                        self.signer.offset_ns, is_clock_mended = offset_ns, True
                        continue
                    if not perhaps or repeat is not Repeat.NAMED:
                        return Reply(answer, perhaps)
                    raise unknown(what, problems.summary(answer), remedy)
                trouble = problems.summary(answer)
                perhaps = perhaps or verdict is problems.Verdict.AGAIN
            if perhaps and repeat is Repeat.ONCE:
                raise unknown(what, trouble, remedy)
            pause_now = max(at_least, pause * random.uniform(0.75, 1.25))
            if self._clock() + pause_now > deadline:
                break
            yield Pause(pause_now)
            pause = min(2 * pause, LONGEST_PAUSE)
        if perhaps and repeat is Repeat.NAMED:
            raise unknown(what, trouble, remedy)
        raise ConnectionFailed(f"{what}: {self.origin.url}: {trouble}; nothing was done")


def unknown(what: str, trouble: str, remedy: str) -> OutcomeUnknown:
    """The exception for a request that may have been done."""
    return OutcomeUnknown(f"{what}: {trouble}; whether it was done is not known. {remedy}".rstrip())
