"""Client ids: a name used once is not used again until it is forgotten. Rule O-3.

An entry is open while its order is, and when that ends it joins two queues: its account's,
which bounds how many are kept, and the venue's, in which the oldest of all are found when
they have passed their age.
"""

from emporion.kernel import index
from emporion.kernel.jit import kernel, seldom
from emporion.kernel.tables import CLIENT_IDS, has_room, open_slot
from emporion.schema.codes import Limit, OrderStatus
from emporion.schema.limits import CLIENT_ID_AGE_NS

FORGOTTEN_PER_RECORD = 2
PER_ACCOUNT = int(Limit.CLIENT_IDS_PER_ACCOUNT)


@kernel
def taken(state, account_id, hi, lo):
    """Row of the entry that makes this id a duplicate; 0 when it may be used."""
    slot = index.find_client_id(state, account_id, hi, lo)
    if slot != 0 and _is_forgotten(state, slot):
        slot = 0
    return slot


@kernel
def status(state, slot):
    """How the order of an entry stands: codes.OrderStatus."""
    entry = state.client_ids[slot]
    if entry.status != 0:
        return int(entry.status)
    order = state.orders[open_slot(state, entry.order_id)]
    done = order.maker_notional_atoms + order.taker_notional_atoms
    return OrderStatus.PARTIALLY_FILLED.value if done > 0 else OrderStatus.NEW.value


@kernel
def room(state):
    """Whether one more id can be recorded, forgetting the oldest if it has passed its age."""
    oldest = state.oldest_client_id
    return has_room(state, CLIENT_IDS, 1) or (oldest != 0 and _is_forgotten(state, oldest))


@kernel
def record(state, account_id, hi, lo, order_id):
    """Takes the id for an order, or for a ledger command's hold (or 0), and returns its row."""
    slot = index.find_client_id(state, account_id, hi, lo)
    if slot != 0:
        _forget(state, slot)  # `taken` has said that it may.
    return record_new(state, account_id, hi, lo, order_id)


@seldom
def can_record_new(state, account_id, hi, lo):
    """Whether `record_new` may take this id: it has no row yet, and there is room for one."""
    return index.find_client_id(state, account_id, hi, lo) == 0 and room(state)


@seldom
def record_new(state, account_id, hi, lo, order_id):
    """The same for an id that has no row."""
    for _ in range(FORGOTTEN_PER_RECORD):
        oldest = state.oldest_client_id
        if oldest == 0 or not _is_forgotten(state, oldest):
            break
        _forget(state, oldest)
    book = state.tables[CLIENT_IDS]
    slot = book.free_head
    if slot != 0:
        book.free_head = state.client_ids[slot].newer
        state.client_ids[slot].newer = 0
    else:
        book.high_water += 1
        slot = book.high_water
    book.live += 1
    entry = state.client_ids[slot]
    entry.cl_ord_id_hi = hi
    entry.cl_ord_id_lo = lo
    entry.order_id = order_id
    entry.account_id = account_id
    index.enter_client_id(state, slot)
    return slot


@seldom
def end(state, slot, order_status):
    """The order has ended: its id joins the queues, and may push out the account's oldest."""
    entry = state.client_ids[slot]
    entry.ended_ns = state.ts_ns
    entry.status = order_status
    account = state.accounts[entry.account_id]
    if account.newest_client_id != 0:
        state.client_ids[account.newest_client_id].newer = slot
    else:
        account.oldest_client_id = slot
    account.newest_client_id = slot
    account.ended_client_ids += 1
    if state.newest_client_id != 0:
        state.client_ids[state.newest_client_id].global_newer = slot
        entry.global_older = state.newest_client_id
    else:
        state.oldest_client_id = slot
    state.newest_client_id = slot
    if account.ended_client_ids > state.tables[PER_ACCOUNT].limit:
        _forget(state, account.oldest_client_id)


@kernel
def _is_forgotten(state, slot):
    entry = state.client_ids[slot]
    return entry.status != 0 and state.ts_ns - entry.ended_ns >= CLIENT_ID_AGE_NS


@seldom
def _forget(state, slot):
    """Drops an ended entry."""
    index.leave_client_id(state, slot)
    entry = state.client_ids[slot]
    _leave_account_queue(state, state.accounts[entry.account_id], slot)
    if entry.global_older != 0:
        state.client_ids[entry.global_older].global_newer = entry.global_newer
    else:
        state.oldest_client_id = entry.global_newer
    if entry.global_newer != 0:
        state.client_ids[entry.global_newer].global_older = entry.global_older
    else:
        state.newest_client_id = entry.global_older
    book = state.tables[CLIENT_IDS]
    entry.cl_ord_id_hi = 0
    entry.cl_ord_id_lo = 0
    entry.order_id = 0
    entry.ended_ns = 0
    entry.account_id = 0
    entry.status = 0
    entry.global_newer = 0
    entry.global_older = 0
    entry.newer = book.free_head
    book.free_head = slot
    book.live -= 1


@kernel
def _leave_account_queue(state, account, slot):
    # Nearly always the oldest: both queues are in the order of ending, and so is forgetting. Only an
    # id used again after its age can stand further back, behind others that are forgotten as well.
    older = 0
    place = account.oldest_client_id
    while place != slot:
        older = place
        place = state.client_ids[place].newer
    newer = state.client_ids[slot].newer
    if older != 0:
        state.client_ids[older].newer = newer
    else:
        account.oldest_client_id = newer
    if newer == 0:
        account.newest_client_id = older
    account.ended_client_ids -= 1
