"""What doors ask the node of contracts and margin. As questions.py has the rest."""

import msgspec
import numpy as np

from emporion.gateway.link.asking import Answer, Question
from emporion.schema import margin_state as state
from emporion.schema import messages
from emporion.venue.pool import PoolRows


class PoolAnswer(Answer, frozen=True):
    rows: PoolRows  # See venue/pool.py.
    groups: dict[int, str]  # Names of the groups in it.


class Pool(Question[PoolAnswer], frozen=True):
    """What an account's margin is reckoned from. BadValue for one that is not there."""

    account_id: int


class ContractsAnswer(Answer, frozen=True):
    contracts_raw: bytes
    due_ns: list[int]  # Of each, when its deadline is; 0 for none.

    @property
    def contracts(self) -> np.ndarray:
        """CONTRACT rows, by the order of listing."""
        return np.frombuffer(self.contracts_raw, state.CONTRACT)


class Contracts(Question[ContractsAnswer], frozen=True):
    """Contracts as they stand."""

    instrument_id: int = 0  # 0: all.


class QuestionsAnswer(Answer, frozen=True):
    questions_raw: bytes

    @property
    def questions(self) -> np.ndarray:
        """QUESTION rows by number, row 0 left out."""
        return np.frombuffer(self.questions_raw, state.QUESTION)


class QuestionRows(Question[QuestionsAnswer], frozen=True):
    """All questions."""


class TwapsAnswer(Answer, frozen=True):
    twaps_raw: bytes

    @property
    def twaps(self) -> np.ndarray:
        """TWAP rows of those that are running."""
        return np.frombuffer(self.twaps_raw, state.TWAP)


class Twaps(Question[TwapsAnswer], frozen=True):
    """TWAPs of an account that are running."""

    account_id: int


class ForeseenAnswer(Answer, frozen=True):
    preview_raw: bytes

    @property
    def preview(self) -> np.void:
        """One row of PREVIEW."""
        return np.frombuffer(self.preview_raw, messages.PREVIEW)[0]


class Foresee(Question[ForeseenAnswer], frozen=True):
    """What a PLACE would do, by its rows; nothing is sent."""

    rows: bytes


POOLING = (Pool, Contracts, QuestionRows, Twaps, Foresee)
ANSWERS: dict[type, type[msgspec.Struct]] = {
    Pool: PoolAnswer, Contracts: ContractsAnswer, QuestionRows: QuestionsAnswer, Twaps: TwapsAnswer,
    Foresee: ForeseenAnswer,
}  # fmt: skip
PoolQuestion = Pool | Contracts | QuestionRows | Twaps | Foresee
