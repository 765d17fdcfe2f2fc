"""The fast kernel judged by the slow model, on random commands; and what must hold whatever the commands are.

A failing seed is the whole reproduction: `Workload(seed)` draws the same rows again.
"""

import numpy as np

from emporion.kernel.machine import Machine
from emporion.schema import build
from emporion.schema.codes import Command, Event, InstrumentStatus, Side
from emporion.schema.limits import FIRST_ACCOUNT, SMALL, TINY
from emporion.schema.messages import COMMAND
from emporion.sim.both import Both
from emporion.sim.crowd import Crowd
from emporion.sim.model import Model
from emporion.sim.workload import MASTERS, Workload

STEPS, COMMANDS_PER_STEP_MAX = 30, 20


def test_every_event_and_every_table_is_the_same(seed):
    """Lock-step, in steps of random length, everything compared after each."""
    work, both = Workload(seed), Both()
    work.learn(both.apply(work.opening()))
    both.compare()
    for _ in range(STEPS):
        work.learn(both.apply(work.draw(int(work.rng.integers(1, COMMANDS_PER_STEP_MAX + 1)))))
        both.compare()


def test_a_crowded_book_is_the_same(seed):
    """So many orders that sweeps, walks and stops run into the bounds of one command's work."""
    work, both = Crowd(10_000 + seed, limits=build.limits_of(TINY), hostile=0.0), Both()
    work.learn(both.apply(work.opening()))
    both.apply(build.join(*(build.set_status(number, InstrumentStatus.OPEN) for number in (1, 2, 3))))
    for _ in range(2):
        work.learn(both.apply(work.crowd(350)))
        both.compare()
        for _ in range(6):
            work.learn(both.apply(work.draw_drastic()))
            both.compare()
    while both.machine.pending():
        both.apply(build.continue_work())
    both.compare()


def draw_history(seed: int, commands: int = 200) -> np.ndarray:
    """A stream of rows that went far when it was drawn."""
    work, model = Workload(20_000 + seed), Model()
    parts = [work.opening()]
    work.learn(model.apply(parts[0]))
    for _ in range(commands // 10):
        parts.append(work.draw(10))
        work.learn(model.apply(parts[-1]))
    return build.join(*parts)


def heads(rows: np.ndarray) -> list[int]:
    """Where the commands of a stream begin, and its end."""
    starts = [0]
    while starts[-1] < len(rows):
        starts.append(starts[-1] + 1 + int(rows["data_rows"][starts[-1]]))
    return starts


def test_cuts_and_sizes_change_nothing(seed):
    """However a stream is cut into calls, and however large the build, events and hash are the same."""
    rows = draw_history(seed)
    whole = Machine(SMALL)
    events = whole.apply(rows)
    rng = np.random.default_rng(seed)
    cuts = heads(rows)
    for capacity, share in ((TINY, 0.5), (SMALL, 0.05), (TINY, 0.0)):
        chosen = [0, *(cut for cut in cuts[1:-1] if rng.random() < share), len(rows)]
        machine = Machine(capacity)
        parts = [machine.apply(rows[start:end]) for start, end in zip(chosen, chosen[1:], strict=False)]
        assert np.concatenate(parts).tobytes() == events.tobytes()
        assert machine.digest() == whole.digest()
        assert machine.audit() == []


def test_a_refused_command_changes_nothing_but_sequence_and_time(seed):
    rows = draw_history(seed)
    machine, before, refused = Machine(TINY), {}, 0
    cuts = heads(rows)
    for start, end in zip(cuts, cuts[1:], strict=False):
        events = machine.apply(rows[start:end])
        after = {name: part.tobytes() for name, part in machine.used()}
        after["head"] = after["head"][16:]  # Sequence and time.
        if len(events) == 1 and events["kind"][0] == Event.REJECTED:
            refused += 1
            assert after == before
        before = after
    assert refused > 0


def test_a_state_taken_over_goes_on_as_the_one_it_was_taken_from(seed):
    """What `used` gives is the whole state: loaded into another build it answers alike, to the byte."""
    rows = draw_history(seed)
    cuts = heads(rows)
    middle = cuts[len(cuts) // 2]
    first = Machine(TINY)
    first.apply(rows[:middle])
    fork = first.fork()
    second = Machine(SMALL)
    second.load({name: part.tobytes() for name, part in first.used()})
    assert second.digest() == first.digest()
    events = first.apply(rows[middle:])
    assert second.apply(rows[middle:]).tobytes() == events.tobytes()
    assert fork.digest() != first.digest()
    assert fork.apply(rows[middle:]).tobytes() == events.tobytes()
    assert first.digest() == second.digest() == fork.digest()
    assert second.audit() == []


def test_money_is_neither_made_nor_lost(seed):
    """For each asset the sum over all accounts, the outside world's included, is zero after every step."""
    work, machine = Workload(30_000 + seed), Machine(TINY)
    work.learn(machine.apply(work.opening()))
    for _ in range(STEPS):
        work.learn(machine.apply(work.draw(10)))
        table = machine.array[0]["balances"]
        for asset_id in np.unique(table["asset_id"][table["account_id"] > 0]):
            rows = table[(table["asset_id"] == asset_id) & (table["account_id"] > 0)]
            amounts = [rows[name].tolist() for name in ("free_atoms", "order_held_atoms", "other_held_atoms")]
            assert sum(map(sum, amounts)) == 0
            traders = rows["account_id"] >= FIRST_ACCOUNT
            assert all(rows[name][traders].min(initial=0) >= 0 for name in ("free_atoms", "order_held_atoms"))


def test_a_workload_goes_everywhere():
    """Else the agreement above would mean little: most kinds of event and of refusal come up."""
    kinds, reasons = set(), set()
    for seed in range(8):
        work, model = Workload(seed), Model()
        work.learn(model.apply(work.opening()))
        for _ in range(20):
            events = model.apply(work.draw(10))
            work.learn(events)
            kinds |= set(events["kind"].tolist())
            reasons |= set(events["reason"].tolist())
    assert len(kinds) >= 25
    assert len(reasons) >= 40


def test_the_same_seed_draws_the_same_rows():
    first, second = (Workload(5).draw(50) for _ in range(2))
    assert first.dtype == COMMAND and first.tobytes() == second.tobytes()


def test_what_a_crowd_is():
    """Orders on both sides, icebergs and stops, of one large account and several others."""
    rows = Crowd(1, limits=build.limits_of(TINY)).crowd(100)
    placed = rows[rows["kind"] == Command.PLACE]
    assert len(placed) == 100 and set(placed["side"].tolist()) == {Side.BUY, Side.SELL}
    assert len(set(placed["account_id"].tolist())) == MASTERS
