"""The shape of a question to the node and of its answer."""

from typing import Generic, TypeVar

import msgspec

A = TypeVar("A")


class Question(msgspec.Struct, Generic[A], frozen=True, tag=True):
    """Asked of the node. The parameter is the type of the answer."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    seq: int  # After this command.
    ts_ns: int  # Its time.
