"""One source for both clients: a method is a generator that says what to send, and is told what came back.

A method of the client never touches a socket. It yields `Send` and is sent the answer, or the failure is
raised in it; it yields `Pause` and goes on later. `Client` drives it with a blocking socket, `AsyncClient`
on an event loop, a test from a list. So each request, retry and error is written once:

    class Trading:
        @method
        def cancel(self, order) -> Flow[Order]:
            reply = yield from self._ask("DELETE", f"/v1/orders/{order}", ...)
            return order_of(reply)

`client.cancel(7)` is then an Order on a Client, and something to await on an AsyncClient; the types say
so. `@fact` does the same for what is read like an attribute in process: `client.seq`, `await client.seq`.
"""

from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, overload

from emporion.client.http1 import Answer

P = ParamSpec("P")
T = TypeVar("T")


class Send(NamedTuple):
    """Send these bytes, a whole request; its Answer is awaited, or NotSent or Cut raised."""

    data: bytes


class Pause(NamedTuple):
    """Go on after so many seconds."""

    seconds: float


Flow = Generator[Send | Pause, Answer | None, T]


class Blocking:
    """A client whose methods return what they say."""

    def run(self, flow: Flow[T]) -> T:
        raise NotImplementedError


class Awaiting:
    """A client whose methods are awaited."""

    async def run(self, flow: Flow[T]) -> T:
        raise NotImplementedError


class method(Generic[P, T]):  # noqa: N801 - a decorator, as `property` is.
    """A flow as a method of both clients."""

    def __init__(self, flow: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Any, P], Flow[T]]: ...
    @overload
    def __get__(self, client: Blocking, owner: type | None = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type | None = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Any, owner: type | None = None) -> Any:
        return self.flow if client is None else partial(_run, client, self.flow)


class fact(Generic[T]):  # noqa: N801
    """A flow without arguments as a property of both clients."""

    def __init__(self, flow: Callable[[Any], Flow[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Callable[[Any], Flow[T]]: ...
    @overload
    def __get__(self, client: Blocking, owner: type | None = None) -> T: ...
    @overload
    def __get__(self, client: Awaiting, owner: type | None = None) -> Coroutine[Any, Any, T]: ...
    def __get__(self, client: Any, owner: type | None = None) -> Any:
        return self.flow if client is None else client.run(self.flow(client))


def _run(client: Any, flow: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return client.run(flow(client, *args, **named))
