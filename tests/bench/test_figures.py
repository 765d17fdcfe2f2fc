"""Each part of the bench on a workload of seconds: that it measures what it says, not how fast."""

import argparse
import json

import numpy as np
import pytest

from emporion.bench import features, history, kernel, memory, order_entry, path, recovery, report
from emporion.bench.draw import draw
from emporion.bench.mixes import MIXES, setup
from emporion.bench.reference import Reference, cache_root, find_compiler
from emporion.cli import bench as command
from emporion.engine.node import Node
from emporion.engine.sequencer import Sequencer
from emporion.kernel.jit import COMPILED
from emporion.kernel.machine import Machine
from emporion.schema.codes import Command
from emporion.schema.limits import SMALL, TINY
from emporion.schema.messages import COMMAND

slow_uncompiled = pytest.mark.skipif(not COMPILED, reason="measures; uncompiled it only takes long")


@pytest.fixture(scope="module")
def reference() -> Reference | None:
    return Reference.build() if find_compiler() else None


def quiet(_: str) -> None:
    pass


def test_setup_has_as_many_commands_as_the_mix_says():
    mix = MIXES["c"].smaller(200)
    kinds = np.concatenate([rows["kind"] for rows in setup(mix)])
    assert (kinds != Command.DATA).sum() == mix.setup_commands


@slow_uncompiled
def test_kernel_is_measured_beside_the_reference(reference, tmp_path):
    one = kernel.measure(MIXES["a"].smaller(300), reference, tmp_path, 2, quiet)
    assert one.commands == 10_000 and one.kernel > 0 and len(one.kernel_runs) == 2
    if reference:
        assert one.same_end and one.ratio == pytest.approx(one.kernel / one.reference)
    assert list(tmp_path.iterdir()) == []


@slow_uncompiled
def test_sides_that_differ_are_not_compared(reference, tmp_path):
    if reference is None:
        pytest.skip("no C++ compiler: there is no other side")

    class Forgetful(Reference):
        """Sums up a run of other rows."""

        def check(self, mix, drawn, ahead=False, events=None):
            rows = drawn.rows()
            rows[:-100].tofile(drawn.path)
            try:
                return super().check(mix, drawn, ahead, events)
            finally:
                rows.tofile(drawn.path)

    with pytest.raises(kernel.SidesDiffer, match="mix b"):
        kernel.measure(MIXES["b"].smaller(300), Forgetful(reference.program), tmp_path, 1, quiet)


@slow_uncompiled
def test_variants_show_the_features_they_are_to_cost(reference, tmp_path):
    costs = {cost.name: cost for cost in features.measure(reference, tmp_path, 1, 100, quiet)}
    assert costs["5% icebergs"].happened["REFRESHED"] > 100
    assert costs["5% stops"].happened["TRIGGERED"] > 10
    assert costs["self-trades"].happened["SELF_TRADE"] > 50
    assert costs["plain"].happened["REFRESHED"] == costs["plain"].happened["TRIGGERED"] == 0
    assert costs["no fees"].happened["FILLED"] == costs["plain"].happened["FILLED"]


@slow_uncompiled
def test_latency_counts_from_when_a_command_was_due(reference, tmp_path):
    mix = MIXES["b"].smaller(300)
    drawn = draw(mix, tmp_path, reference)
    rows = drawn.rows()
    with Node.open(capacity=SMALL) as node:
        path.fill(node, mix, rows[: drawn.prefill])
        sequencer = Sequencer(node)
        try:
            calm = path.latency(sequencer, rows[drawn.prefill :][:200], 2_000)
            # More than any venue can take: nearly all are late, and the last by about what it took in all.
            flooded = path.latency(sequencer, rows[drawn.prefill :][200:5_200], 1_000_000_000)
        finally:
            sequencer.close()
    assert calm.percentiles_us["50"] < 100_000
    took_us = 5_000 / flooded.achieved * 1e6
    assert flooded.percentiles_us["100"] == pytest.approx(took_us, rel=0.05)
    assert flooded.percentiles_us["50"] > 0.1 * took_us


@slow_uncompiled
def test_path_and_recovery_run_on_a_folder(reference, tmp_path, monkeypatch):
    monkeypatch.setattr(path, "RATES", (2_000,))
    figures = path.measure(reference, tmp_path, 2, 0.1, 4_096, quiet)
    assert len(figures.runs) == 2 and [one.rate for one in figures.latencies] == [2_000]
    recovered = recovery.measure(reference, tmp_path, 20_000, quiet)
    assert recovered.commands == 20_000 and recovered.snapshot_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_memory_of_the_state_follows_from_the_rows(monkeypatch):
    monkeypatch.setattr(memory, "SMALL", SMALL if COMPILED else TINY)
    account, instrument, order = memory.measure(True, quiet)
    # An account, the end of its list, a balance; and once the outside's balance.
    assert account.state == pytest.approx(64 + 8 + 32, abs=1)
    assert instrument.state == pytest.approx(256, abs=1)
    assert 128 + 16 <= order.state < 156  # Its links, and its share of a price level.


@slow_uncompiled
def test_a_start_is_timed_in_a_process_of_its_own():
    assert 0 < memory.time_start(str(cache_root())) < 300  # Where the kernel is compiled already.


@slow_uncompiled
def test_figures_are_printed_and_stored(reference, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = ["bench", "--quick", "--mix", "a", "--part", "kernel", "--runs", "1", "--out", str(tmp_path)]
    args = parser.parse_args(arguments)
    assert args.run(args) == 0
    printed = capsys.readouterr()
    assert "(a) one book" in printed.out and "processor" in printed.out
    assert "(a) run 1 of 1" in printed.err
    [stored] = tmp_path.iterdir()
    figures = json.loads(stored.read_text())
    assert [one["mix"] for one in figures["kernel"]] == ["a", "a-ids"]
    assert figures["machine"]["python"] == report.machine_named()["python"]


@pytest.mark.parametrize("arguments", [["--mix", "d"], ["--part", "kernel,soup"]])
def test_an_unknown_part_is_named(arguments, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["bench", *arguments, "--out", str(tmp_path / "never")])
    assert args.run(args) == 1
    assert "is none of" in capsys.readouterr().err
    assert not (tmp_path / "never").exists()


def test_icebergs_carry_their_data_row():
    rows = np.zeros(45, COMMAND)
    rows["kind"], rows["tif"], rows["qty_lots"] = Command.PLACE, 1, np.arange(1, 46)
    varied = features.with_icebergs(rows)
    heads = np.flatnonzero(varied["data_rows"])
    assert heads.tolist() == [0, 21, 42]
    assert varied["kind"][heads + 1].tolist() == [Command.DATA] * 3
    assert varied[varied["kind"] != Command.DATA]["qty_lots"].tolist() == list(range(1, 46))
    assert Machine(SMALL).apply(varied).shape == (45,)  # Whole commands: each is answered, if only refused.


@slow_uncompiled
def test_order_entry_is_measured_through_a_gateway(tmp_path, monkeypatch):
    monkeypatch.setattr(order_entry, "LAYOUTS", {"1 gateway": 1})
    monkeypatch.setattr(order_entry, "OPEN_RATES", (50,))
    measured = order_entry.measure(tmp_path, 0.5, quiet)
    [closed, paced] = measured[0].offered
    assert closed.rate == 0 and closed.orders_per_second > 0 and closed.sustained
    assert 0 < paced.orders_per_second < 100
    for offered in (closed, paced):
        assert set(offered.statuses) == {"201"}
        values = list(offered.percentiles_us.values())
        assert values == sorted(values) and values[0] > 0
        assert offered.node_cpu_us > 0 and offered.gateways_cpu_us > 0 and offered.load_cpu_us > 0
    figures = report.Figures({}, {}, orders=measured)
    assert "signed" in report.text(figures) and "1 gateway" in report.text(figures)
    assert list(tmp_path.iterdir()) == []


def test_history_is_measured_over_its_own_files(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "CHUNK", 4_000)
    monkeypatch.setattr(history, "ASKED", 5)
    measured = history.measure(tmp_path, 10_000, quiet)
    assert measured.rows_of["trades"] == 10_000 and measured.rows_of["fills"] == measured.rows_of["orders"] == 20_000
    assert measured.write_s > 0 and all(size > 0 for size in measured.bytes_of.values())
    answers = {one.name: one for one in measured.questions}
    assert answers["candles, 1h, one instrument, a month"].rows > 10
    assert answers["fills, newest 100, the busiest account"].rows == 100
    assert answers["one order by its number, and its fills"].rows == 1
    assert all(0 < one.median_ms <= one.p99_ms for one in measured.questions)
    text = report.text(report.Figures({}, {}, history=measured))
    assert "10,000 trades in" in text and "candles, 1h" in text
    assert list(tmp_path.iterdir()) == []
