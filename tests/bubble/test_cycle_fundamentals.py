"""Industrial or financial: in made-up economies of which one knows what happened, and against a model of sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.artificial import economy
from emporion.bubble.fundamentals import industrial_or_financial, on_the_same_dates
from emporion.bubble.jit import COMPILED
from emporion.bubble.overlap import flags, overlap, reached
from emporion.bubble.series import Series, series
from emporion.bubble.stamps import Episode
from emporion.bubble.verdict import Match, explained, judge
from emporion.errors import BadValue
from tests.bubble import cycle_model as model

needs_compiler = pytest.mark.skipif(not COMPILED, reason="a million windows take too long uncompiled")
FLAGS = st.lists(st.booleans(), min_size=1, max_size=40)


def episode(start, end, peak=None):
    return Episode(start, end if peak is None else peak, end, end - start + 1, False, "up", 0.1, 2.0, None, None, None)


def compared(made, **options):
    parts = {"dividends": made.dividends, "capacity": made.capacity}
    return industrial_or_financial(made.price, parts, use=made.use, **{"rows_min": 3, "replications": 199, **options})


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(*[st.lists(st.booleans(), min_size=n, max_size=n)] * 2)))
def test_an_overlap_is_that_of_the_model(both):
    first, second = both
    found = overlap(np.array(first), np.array(second))
    told = [
        None if np.isnan(value) else value for value in (found.of_first, found.of_second, found.jaccard, found.p_shift)
    ]
    shared, *shares = model.overlap(first, second)
    assert found.shared == shared and told == pytest.approx(shares, nan_ok=True)


@given(FLAGS, st.integers(0, 8))
def test_reach_is_on_both_sides(rows, reach):
    near = [any(rows[max(0, k - reach) : k + reach + 1]) for k in range(len(rows))]
    assert reached(np.array(rows), reach).tolist() == near


def test_the_rows_of_an_episode_include_its_end():
    assert np.flatnonzero(flags([episode(5, 7), episode(9, 9)], 12)).tolist() == [5, 6, 7, 9]


def test_an_overlap_with_what_is_always_on_is_no_news():
    always, some = np.ones(20, dtype=bool), flags([episode(5, 9)], 20)
    assert overlap(some, always).of_first == 1.0 and overlap(some, always).p_shift == 1.0
    assert overlap(some, some).p_shift == 1 / 20 and overlap(some, some).jaccard == 1.0


def match(share, ahead=None, explained=1.0, name="sales"):
    return Match(name, share, 0.1, 0.5, explained, ahead)


@pytest.mark.parametrize(
    ("matches", "kind"),
    [
        ([match(0.0)], "financial"),
        ([match(0.49, ahead=1.0)], "financial"),
        ([match(0.5, ahead=0.49)], "industrial"),
        ([match(0.5, ahead=0.5)], "mixed"),
        ([match(1.0)], "industrial"),
        ([match(1.0, explained=0.24)], "financial"),
        ([match(1.0, explained=0.25)], "industrial"),
        ([match(1.0, explained=np.nan)], "industrial"),
        ([match(0.2, ahead=1.0), match(0.9, ahead=0.0)], "industrial"),
        ([match(0.8, ahead=1.0), match(0.9, ahead=0.0)], "mixed"),
        ([match(0.8, ahead=1.0, explained=0.1), match(0.9, ahead=0.0)], "industrial"),
    ],
)
def test_the_word_for_each_case(matches, kind):
    told = judge(episode(2, 4), tuple(matches), np.arange(1.0, 9.0), 0.5, 0.25)
    assert told.kind == kind and told.price_growth == pytest.approx(5 / 2 - 1)


def test_how_much_of_a_rise_is_explained():
    assert explained(1.0, 3.0) == pytest.approx(0.5), "two doublings, of which one"
    assert explained(0.0, 1.0) == 0.0 and explained(-0.5, 1.0) == pytest.approx(-1.0)
    assert np.isnan([explained(np.nan, 1.0), explained(1.0, 0.0), explained(1.0, -0.5), explained(-1.0, 1.0)]).all()


def test_reasons_are_sentences():
    prices, use = np.array([1.0, 2.0, 4.0]), np.array([0.9, 0.85, 0.8])
    built = judge(episode(1, 2), (Match("capacity", 1.0, 0.03, 1.0, 0.5, 0.0),), prices, 0.5, 0.25, use)
    assert built.reason == (
        "the price changed by +300%; explosive with it was capacity for 100% of the time (+100%, 50% of the rise); the "
        "price over it was not; the use of capacity changed by -10.0 points: more was built than was used by then"
    )
    assert built.use_change == pytest.approx(-0.1)
    alone = judge(episode(1, 2), (Match("dividends", 0.0, 1.0, 0.05, np.nan, None),), prices, 0.5, 0.25)
    assert alone.reason == "the price changed by +300%; explosive with it was dividends for 0% of the time (+5%)"


@needs_compiler
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("happening", ["financial", "industrial", "mixed"])
def test_what_happened_is_found(happening, seed):
    made = economy(happening, seed=100 + seed)
    found = compared(made)
    assert found.is_significant
    assert [verdict.kind for verdict in found.verdicts] == [happening]
    stretch = found.verdicts[0].episode
    assert made.begin <= stretch.start < made.end, "it is seen after it began"
    assert found.overlaps["dividends"].shared > 0 or happening == "financial"
    if happening == "mixed":
        assert found.verdicts[0].use_change < -0.01 and "more was built than was used" in found.verdicts[0].reason


@needs_compiler
def test_where_nothing_happened_nothing_is_told():
    kinds = [v.kind for seed in range(20) for v in compared(economy("nothing", seed=seed)).verdicts]
    assert len(kinds) <= 2, "a line that 5% of histories pass anywhere"
    found = compared(economy("nothing", seed=2))
    assert found.verdicts == () and not found.is_significant
    assert found.sentence.startswith("The price has no explosive rise under this line (p = ")


@needs_compiler
def test_the_same_seed_gives_the_same_result_on_any_number_of_threads():
    made = economy("mixed")
    one, two = compared(made, threads=1), compared(made, threads=2)
    assert one.verdicts == two.verdicts and one.sentence == two.sentence and one.overlaps == two.overlaps
    assert one.price.study.p.gsadf == two.price.study.p.gsadf


@needs_compiler
def test_units_change_nothing():
    made = economy("industrial")
    one = compared(made)
    scaled = industrial_or_financial(
        made.price.values * 64.0, {"dividends": made.dividends.values / 8.0, "capacity": made.capacity.values * 100.0},
        use=made.use.values, rows_min=3, replications=199,
    )  # fmt: skip
    assert [v.reason for v in scaled.verdicts] == [v.reason for v in one.verdicts]
    assert [(v.episode.start, v.episode.end) for v in scaled.verdicts] == [
        (v.episode.start, v.episode.end) for v in one.verdicts
    ]


@needs_compiler
def test_progress_goes_from_none_to_all():
    seen = []
    compared(economy("nothing"), progress=lambda done, total: seen.append((done, total)), replications=64, level=0.9)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len({total for _, total in seen}) == 1 and seen[-1][0] == seen[-1][1]


@needs_compiler
def test_only_the_ratios_asked_for():
    made = economy("industrial")
    assert set(compared(made).ratios) == {"dividends", "capacity"}
    assert set(compared(made, ratios=["dividends"]).ratios) == {"dividends"}
    bare = compared(made, ratios=[])
    assert bare.ratios == {} and "the price over it was not tested" in bare.verdicts[0].reason
    losses = made.dividends.values - 1.2 * made.dividends.values.max()
    levels = industrial_or_financial(made.price.values, {"earnings": losses}, logs=False, rows_min=3, replications=99)
    assert levels.ratios == {}, "a price over a loss means nothing"


@needs_compiler
def test_logarithms_are_chosen_for_each_kind():
    made = economy("industrial")
    ratio = made.price.values / made.dividends.values
    for logs, ratio_logs in ((True, False), (False, True)):
        found = industrial_or_financial(
            made.price, {"dividends": made.dividends}, logs=logs, ratio_logs=ratio_logs, replications=19, level=0.9
        )
        of = [found.price, found.fundamentals["dividends"], found.ratios["dividends"]]
        raw = [(made.price.values, logs), (made.dividends.values, logs), (ratio, ratio_logs)]
        for one, (values, logged) in zip(of, raw, strict=True):
            assert one.study.series.values.tolist() == (np.log(values) if logged else values).tolist()


@needs_compiler
def test_a_fall_is_no_bubble_of_either_kind():
    made = economy("industrial", seed=101)
    found = industrial_or_financial(1.0 / made.price.values, {"losses": 1.0 / made.dividends.values}, rows_min=3)
    assert [one.direction for one in found.price.study.episodes] == ["down"]
    assert found.verdicts == () and found.is_significant
    assert not found.price.explosive.any() and not found.fundamentals["losses"].explosive.any()
    assert found.sentence.startswith("The price has no explosive rise under this line")


@needs_compiler
def test_reach_lets_a_price_run_ahead_of_its_fundamentals():
    made = economy("industrial")
    late = Series(
        np.concatenate((made.dividends.values[:1].repeat(12), made.dividends.values[:-12])), made.dates, "late"
    )
    shares = [
        industrial_or_financial(made.price, {"late": late}, rows_min=3, replications=199, reach_rows=reach)
        .verdicts[0]
        .matches[0]
        .share
        for reach in (0, 6, 12)
    ]
    assert shares == sorted(shares) and shares[-1] > shares[0]


def test_only_common_dates_are_compared():
    one = series([1.0, 2.0, 4.0], ["2024-01", "2024-02", "2024-03"])
    other = series([5.0, 6.0, 9.0], ["2024-02", "2024-03", "2024-04"])
    price, sales = on_the_same_dates([one, other], ["price", "sales"])
    assert price.values.tolist() == [2.0, 4.0] and sales.values.tolist() == [5.0, 6.0]
    assert price.name == "price" and sales.dates.tolist() == price.dates.tolist()


def test_an_economy_is_made_again_from_its_seed():
    one, two, other = economy("financial"), economy("financial"), economy("financial", seed=1)
    assert one.price.values.tolist() == two.price.values.tolist() != other.price.values.tolist()
    calm = economy("nothing")
    assert calm.dividends.values.tolist() == one.dividends.values.tolist(), "only the price is touched"
    assert (one.use.values > 0).all() and (one.use.values < 1).all()


DATED = series([1.0, 2.0], ["2024-01", "2024-02"], varied=False, length_min=1)
LATER = series([1.0, 2.0], ["2025-01", "2025-02"], varied=False, length_min=1)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: industrial_or_financial([1.0], {}), "fundamentals: give at least one"),
        (lambda: industrial_or_financial([1.0], {"d": [1.0]}, match_share=0.0), "match_share=0.0"),
        (lambda: industrial_or_financial([1.0], {"d": [1.0]}, explained_min=25), "explained_min=25"),
        (lambda: industrial_or_financial([1.0], {"d": [1.0]}, reach_rows=-1), "reach_rows=-1"),
        (lambda: industrial_or_financial([1.0, 2.0], {"d": [1.0]}), r"lengths differ \(price 2, d 1\)"),
        (lambda: industrial_or_financial(DATED, {"d": [1.0, 2.0]}), "d: it has no dates but others have"),
        (lambda: industrial_or_financial(DATED, {"d": LATER}), "price, d: no date is in all of them"),
        (lambda: industrial_or_financial([1.0, np.nan], {"d": [1.0, 2.0]}), "price: the value at place 1 is missing"),
        (
            lambda: industrial_or_financial([1.0, 2.0], {"d": [-1.0, 2.0]}),
            "d: the value at place 0 is -1, and only a positive",
        ),
        (
            lambda: industrial_or_financial([1.0, 2.0], {"d": [1.0, 2.0]}, ratios=["e"]),
            "'e' is none of the fundamentals d",
        ),
        (
            lambda: industrial_or_financial([1.0, 2.0], {"d": [-1.0, 2.0]}, ratios=["d"]),
            "d is not above zero everywhere",
        ),
        (lambda: industrial_or_financial([1.0, 2.0], {"d": [1.0, 3.0]}), "observations are too few|values are too few"),
        (lambda: overlap(np.array([True]), np.array([True, False])), "of one length"),
        (lambda: industrial_or_financial([1.0, 2.0], {"d": [1.0, 3.0]}, use=[79.5, 81.0]), "use: a share"),
        (lambda: economy("crash"), "happening='crash'"),
        (lambda: economy("nothing", rows=10), "rows=10"),
    ],
)
def test_bad_input_is_refused_with_a_reason(act, message):
    with pytest.raises(BadValue, match=message):
        act()
