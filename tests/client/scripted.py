"""A client without a network: its requests are looked at, and answered from a list."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from emporion.client.client import Client
from emporion.client.errors import Cut, NotSent
from emporion.client.flow import Flow, Pause, Send
from emporion.client.http1 import Answer

SECRET = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"


class Asked:
    """One request as it would have left."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = dict(line.split(": ", 1) for line in lines)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int, body: object = None, **headers: str) -> Answer:
    """What a server would have said."""
    raw = b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    made = Answer()
    assert made.feed("\r\n".join([*lines, "\r\n"]).encode() + raw)
    return made


def problem(status: int, code: str, detail: str, **more: object) -> Answer:
    return answer(status, {"status": status, "title": "", "code": code, "reason": "", "detail": detail, **more})


class Scripted(Client):
    """Takes its answers from a list: an Answer, an exception to raise, or a function of what was asked."""

    def __init__(self, answers: Iterable[Answer | Exception | Callable[[Asked], Answer]], **options: Any) -> None:
        self.asked: list[Asked] = []
        self.pauses: list[float] = []
        self.time = 0.0
        self._answers = iter(answers)
        given = {"key": "k", "secret": SECRET, "account": None, "patience": 10.0, "rate_patience": 0.0, **options}
        super().__init__("http://127.0.0.1:1", timeout=1.0, tls=None, **given)
        self._exchange._clock = lambda: self.time

    def run(self, flow: Flow[Any]) -> Any:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.time += step.seconds
                    step = flow.send(None)
                    continue
                assert isinstance(step, Send)
                self.asked.append(Asked(step.data))
                said = next(self._answers)
                if isinstance(said, NotSent | Cut):
                    step = flow.throw(said)
                else:
                    assert not isinstance(said, Exception)
                    step = flow.send(said if isinstance(said, Answer) else said(self.asked[-1]))
        except StopIteration as end:
            return end.value


ORDER = {
    "order_id": 77, "account": "ann", "instrument": "BTC/USDC", "side": "buy", "tif": "gtc", "price": "60000",
    "qty": "1", "cum": "0", "leaves": "1", "status": "new", "seq": 9, "entry_ns": "5", "cl_ord_id": "a1",
}  # fmt: skip
