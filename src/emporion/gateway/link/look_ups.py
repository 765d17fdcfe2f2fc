"""Finding rows of a state by key without looking through its tables: as the kernel does, from Python.

The kernel's indexes are read as they stand, between batches. Its own functions are compiled for the
kernel alone, so the probing is written again here; where it begins is asked of the kernel's source.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from emporion.kernel import index
from emporion.kernel.machine import Machine
from emporion.schema.codes import Limit
from emporion.schema.limits import ASSET_BITS, BALANCE_BITS, CLIENT_ID_BITS


def _source(function: Any) -> Callable[..., Any]:
    """A kernel function as Python runs it."""
    return getattr(function, "py_func", function)


_hash_of_client_id = _source(index._hash_of_client_id)
_home_of_balance = _source(index.home_of_balance)


class LookUps:
    """Of one machine, whose state is not to be replaced (no `load` after this is made)."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._client_ids = machine.array["client_ids"][0]
        self._client_id_index = machine.array["client_id_index"][0]
        self._balance_index = machine.array["balance_index"][0]

    def client_id(self, account_id: int, hi: int, lo: int) -> int:
        """Row in client_ids of an account's client id, its order open or ended; 0 when there is none."""
        mask = len(self._client_id_index) - 1
        hashed = int(_hash_of_client_id(account_id, hi, lo))
        place = hashed & mask
        while word := int(self._client_id_index[place]):
            if word >> CLIENT_ID_BITS == hashed:
                slot = word & ((1 << CLIENT_ID_BITS) - 1)
                entry = self._client_ids[slot]
                if (entry["cl_ord_id_lo"], entry["cl_ord_id_hi"], entry["account_id"]) == (lo, hi, account_id):
                    return slot
            place = (place + 1) & mask
        return 0

    def balances(self, account_id: int) -> np.ndarray:
        """Rows in balances of one account, by asset. As much work as there are assets."""
        assets = np.arange(1, int(self._machine.array["tables"]["high_water"][0, Limit.ASSETS]) + 1)
        found = np.zeros(len(assets), np.int64)
        keys = np.int64(account_id) << ASSET_BITS | assets
        places = _home_of_balance(self._machine.state, account_id, assets)
        left = np.arange(len(assets))
        while len(left):
            words = self._balance_index[places[left]]
            is_it = words >> BALANCE_BITS == keys[left]
            found[left[is_it]] = words[is_it] & ((1 << BALANCE_BITS) - 1)
            left = left[~is_it & (words != 0)]
            places[left] = (places[left] + index.STEP) & (len(self._balance_index) - 1)
        return found[found != 0]
