"""What the node answers about contracts and margin: run between two batches, so copies are of one moment."""

from typing import Any

import numpy as np

from emporion.engine.node import Node
from emporion.errors import BadValue
from emporion.gateway.link import pool_questions as q
from emporion.gateway.link.look_ups import LookUps
from emporion.schema.codes import Limit
from emporion.schema.limits import ROW_BYTES
from emporion.schema.messages import COMMAND
from emporion.venue.catalog import Catalog
from emporion.venue.labels import group_names
from emporion.venue.pool import gather


class Pooling:
    """Answers from one node's tables."""

    def __init__(self, node: Node, tables: Catalog, look_ups: LookUps) -> None:
        self._node, self._tables, self._look_ups = node, tables, look_ups

    def __call__(self, asked: Any, stamp: dict[str, int]) -> Any:
        """The answer to any of POOLING."""
        if isinstance(asked, q.Pool):
            rows = gather(self._tables, asked.account_id, self._look_ups.balances)
            names = group_names(self._tables) if rows.groups else {}
            return q.PoolAnswer(rows=rows, groups={number: names[number] for number in rows.groups}, **stamp)
        if isinstance(asked, q.Contracts):
            return self._contracts(asked.instrument_id, stamp)
        if isinstance(asked, q.QuestionRows):
            return q.QuestionsAnswer(questions_raw=self._tables.rows(Limit.QUESTIONS)[1:].tobytes(), **stamp)
        if isinstance(asked, q.Twaps):
            twaps = self._tables.rows(Limit.TWAPS)
            twaps = twaps[(twaps["twap_id"] != 0) & (twaps["account_id"] == asked.account_id)]
            return q.TwapsAnswer(twaps_raw=twaps.tobytes(), **stamp)
        assert isinstance(asked, q.Foresee)
        if not asked.rows or len(asked.rows) % ROW_BYTES:
            raise BadValue("give the rows of one PLACE")
        preview = self._node.machine.preview(np.frombuffer(asked.rows, COMMAND))
        return q.ForeseenAnswer(preview_raw=preview.tobytes(), **stamp)

    def _contracts(self, instrument_id: int, stamp: dict[str, int]) -> q.ContractsAnswer:
        rows = self._tables.rows(Limit.CONTRACTS)[1:]
        if instrument_id:
            rows = rows[rows["instrument_id"] == instrument_id]
        due_ns = self._tables.rows(Limit.DEADLINES)["due_ns"][rows["deadline"]]
        due_ns = np.where(rows["deadline"] != 0, due_ns, 0)
        return q.ContractsAnswer(contracts_raw=rows.tobytes(), due_ns=due_ns.tolist(), **stamp)
