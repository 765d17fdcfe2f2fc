"""Hash tables from keys to rows: open addressing, linear probing, no tombstones.

They hold row numbers only; the keys are in the rows. Nothing iterates them and no rule depends
on their order, so they are outside snapshot and hash and are rebuilt on loading. Sizes are
powers of two, at least twice the rows, so a probe always ends.
"""

import numpy as np

from emporion.kernel.jit import kernel
from emporion.kernel.tables import BALANCES, CLIENT_IDS

LOW31 = (1 << 31) - 1


@kernel
def _home_of_balance(account_id, asset_id, mask):
    # Sixteen accounts of an asset share a cache line of the index: books are touched by few assets and many
    # accounts. Products of 31-bit numbers and 32-bit odd constants stay below 2^63.
    mixed = (np.int64(account_id >> 4) * 0x9E3779B1) ^ (np.int64(asset_id) * 0x85EBCA77)
    return ((mixed ^ (mixed >> 29)) << 4 | (account_id & 15)) & mask


@kernel
def _home_of_client_id(account_id, hi, lo, mask):
    mixed = (np.int64(account_id) * 0x9E3779B1) ^ ((lo & LOW31) * 0x85EBCA77)
    mixed = mixed ^ (((lo >> 31) & LOW31) * 0xC2B2AE3D) ^ ((hi & LOW31) * 0x27D4EB2F)
    mixed = mixed ^ (((hi >> 31) & LOW31) * 0x165667B1) ^ ((hi >> 62) & 3) ^ ((lo >> 62) & 3)
    return (mixed ^ (mixed >> 32) ^ (mixed >> 17)) & mask


@kernel
def find_balance(state, account_id, asset_id):
    """Row of the balance; 0 when there is none."""
    mask = len(state.balance_index) - 1
    place = _home_of_balance(account_id, asset_id, mask)
    while True:
        slot = state.balance_index[place]
        if slot == 0:
            return slot
        balance = state.balances[slot]
        if balance.account_id == account_id and balance.asset_id == asset_id:
            return slot
        place = (place + 1) & mask


@kernel
def enter_balance(state, slot):
    balance = state.balances[slot]
    mask = len(state.balance_index) - 1
    place = _home_of_balance(balance.account_id, balance.asset_id, mask)
    while state.balance_index[place] != 0:
        place = (place + 1) & mask
    state.balance_index[place] = slot


@kernel
def find_client_id(state, account_id, hi, lo):
    """Row of the client id, ended or not; 0 when there is none."""
    mask = len(state.client_id_index) - 1
    place = _home_of_client_id(account_id, hi, lo, mask)
    while True:
        slot = state.client_id_index[place]
        if slot == 0:
            return slot
        entry = state.client_ids[slot]
        if entry.cl_ord_id_lo == lo and entry.cl_ord_id_hi == hi and entry.account_id == account_id:
            return slot
        place = (place + 1) & mask


@kernel
def enter_client_id(state, slot):
    entry = state.client_ids[slot]
    mask = len(state.client_id_index) - 1
    place = _home_of_client_id(entry.account_id, entry.cl_ord_id_hi, entry.cl_ord_id_lo, mask)
    while state.client_id_index[place] != 0:
        place = (place + 1) & mask
    state.client_id_index[place] = slot


@kernel
def leave_client_id(state, slot):
    """Takes a row out, and moves those behind it up so that no probe breaks off early."""
    entry = state.client_ids[slot]
    mask = len(state.client_id_index) - 1
    place = _home_of_client_id(entry.account_id, entry.cl_ord_id_hi, entry.cl_ord_id_lo, mask)
    while state.client_id_index[place] != slot:
        place = (place + 1) & mask
    hole = place
    while True:
        place = (place + 1) & mask
        other = state.client_id_index[place]
        if other == 0:
            break
        row = state.client_ids[other]
        home = _home_of_client_id(row.account_id, row.cl_ord_id_hi, row.cl_ord_id_lo, mask)
        if ((place - home) & mask) >= ((place - hole) & mask):
            state.client_id_index[hole] = other
            hole = place
    state.client_id_index[hole] = 0


@kernel
def rebuild(state):
    """Fills the empty indexes of a state that was loaded."""
    for slot in range(1, state.tables[BALANCES].high_water + 1):
        enter_balance(state, slot)
    for slot in range(1, state.tables[CLIENT_IDS].high_water + 1):
        if state.client_ids[slot].account_id != 0:
            enter_client_id(state, slot)
