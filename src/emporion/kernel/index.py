"""Hash tables from keys to rows: open addressing, linear probing, no tombstones.

A place is one word. Of a balance it holds the row's number and the key, account and asset, so that
the row is not looked at; of a client id, which is too long for that, the number and a hash, so that
hardly any other row is, and none to move a place up. Nothing iterates an index and no rule depends on
its order, so they are outside snapshot and hash and are rebuilt on loading. Sizes are powers of two,
at least twice the rows, so a probe always ends.
"""

import numpy as np

from emporion.kernel import bits
from emporion.kernel.jit import hot, kernel, rare, seldom
from emporion.kernel.tables import BALANCES, CLIENT_IDS
from emporion.schema.limits import ASSET_BITS, BALANCE_BITS, CLIENT_ID_BITS

LOW31 = (1 << 31) - 1
HASH_MASK = (1 << 39) - 1
NEIGHBOUR_BITS = 4
NEIGHBOURS = 1 << NEIGHBOUR_BITS
STEP = NEIGHBOURS + 1  # They step aside together. Odd, so that a probe comes past every place and finds the free ones.


@hot
def _hash_of_client_id(account_id, hi, lo):
    mixed = (np.int64(account_id) * 0x9E3779B1) ^ ((lo & LOW31) * 0x85EBCA77)
    mixed = mixed ^ (((lo >> 31) & LOW31) * 0xC2B2AE3D) ^ ((hi & LOW31) * 0x27D4EB2F)
    mixed = mixed ^ (((hi >> 31) & LOW31) * 0x165667B1) ^ ((hi >> 62) & 3) ^ ((lo >> 62) & 3)
    return (mixed ^ (mixed >> 32) ^ (mixed >> 17)) & HASH_MASK


@hot
def home_of_balance(state, account_id, asset_id):
    """Where a probe for this balance begins."""
    account_id, asset_id = np.int64(account_id), np.int64(asset_id)
    # Books are touched by few assets and many accounts, so sixteen accounts of an asset lie together.
    # Products of 31-bit numbers and 32-bit odd constants stay below 2^63.
    mixed = ((account_id >> NEIGHBOUR_BITS) * 0x9E3779B1) ^ (asset_id * 0x85EBCA77)
    return ((mixed ^ (mixed >> 29)) << NEIGHBOUR_BITS | account_id & (NEIGHBOURS - 1)) & (len(state.balance_index) - 1)


@hot
def find_balance(state, account_id, asset_id):
    """Row of the balance; 0 when there is none."""
    account = state.accounts[account_id]
    if account.first_asset == asset_id:
        return np.int64(account.first_balance)
    if account.second_asset == asset_id:
        return np.int64(account.second_balance)
    if account.third_asset == asset_id:
        return np.int64(account.third_balance)
    return _search_balance(state, account_id, asset_id)


@hot
def noted_balance(account, asset_id):
    """The same of the first two, which the account's own row names; 0 where it is neither."""
    second = bits.either(account.second_asset == asset_id, account.second_balance, 0)
    return bits.either(account.first_asset == asset_id, account.first_balance, second)


@rare
def _search_balance(state, account_id, asset_id):
    place = home_of_balance(state, account_id, asset_id)
    key = np.int64(account_id) << ASSET_BITS | np.int64(asset_id)
    while True:
        entry = state.balance_index[place]
        if entry >> BALANCE_BITS == key or entry == 0:
            return entry & ((1 << BALANCE_BITS) - 1)
        place = (place + STEP) & (len(state.balance_index) - 1)


@hot
def likely_balance(state, place):
    """The row at a place where a probe begins: often, not always, the right one."""
    return state.balance_index[place] & ((1 << BALANCE_BITS) - 1)


@hot
def next_look(state, account_id, asset_id, place):
    """The same place when the balance is there, or a free one; else where a probe would look next."""
    entry = state.balance_index[place]
    key = np.int64(account_id) << ASSET_BITS | np.int64(asset_id)
    is_found = (entry >> BALANCE_BITS == key) | (entry == 0)
    return bits.either(is_found, place, (place + STEP) & (len(state.balance_index) - 1))


@kernel
def enter_balance(state, slot):
    balance = state.balances[slot]
    account_id, asset_id = np.int64(balance.account_id), np.int64(balance.asset_id)
    place = home_of_balance(state, account_id, asset_id)
    while state.balance_index[place] != 0:
        place = (place + STEP) & (len(state.balance_index) - 1)
    state.balance_index[place] = (account_id << ASSET_BITS | asset_id) << BALANCE_BITS | slot


@hot
def home_of_client_id(state, account_id, hi, lo):
    """Where a probe for this client id begins."""
    return _hash_of_client_id(account_id, hi, lo) & (len(state.client_id_index) - 1)


@hot
def likely_client_id(state, place):
    """The row at a place where a probe begins: often, not always, the right one."""
    return state.client_id_index[place] & ((1 << CLIENT_ID_BITS) - 1)


@seldom
def find_client_id(state, account_id, hi, lo):
    """Row of the client id, ended or not; 0 when there is none."""
    mask = len(state.client_id_index) - 1
    hashed = _hash_of_client_id(account_id, hi, lo)
    place = hashed & mask
    while True:
        word = state.client_id_index[place]
        if word == 0:
            return word
        if word >> CLIENT_ID_BITS == hashed:
            slot = word & ((1 << CLIENT_ID_BITS) - 1)
            entry = state.client_ids[slot]
            if entry.cl_ord_id_lo == lo and entry.cl_ord_id_hi == hi and entry.account_id == account_id:
                return slot
        place = (place + 1) & mask


@hot
def enter_client_id(state, slot):
    entry = state.client_ids[slot]
    mask = len(state.client_id_index) - 1
    hashed = _hash_of_client_id(entry.account_id, entry.cl_ord_id_hi, entry.cl_ord_id_lo)
    place = hashed & mask
    while state.client_id_index[place] != 0:
        place = (place + 1) & mask
    state.client_id_index[place] = hashed << CLIENT_ID_BITS | slot


@hot
def leave_client_id(state, slot):
    """Takes a row out, and moves those behind it up so that no probe breaks off early."""
    entry = state.client_ids[slot]
    mask = len(state.client_id_index) - 1
    hashed = _hash_of_client_id(entry.account_id, entry.cl_ord_id_hi, entry.cl_ord_id_lo)
    own = hashed << CLIENT_ID_BITS | slot
    place = hashed & mask
    while state.client_id_index[place] != own:
        place = (place + 1) & mask
    hole = place
    while True:
        place = (place + 1) & mask
        other = state.client_id_index[place]
        if other == 0:
            break
        home = (other >> CLIENT_ID_BITS) & mask
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
