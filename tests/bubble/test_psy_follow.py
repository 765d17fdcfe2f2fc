"""Streaming equals batch, at every observation, for every design."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporion.bubble.explosive import explosive
from emporion.bubble.follow import Follower, Followers
from emporion.errors import BadValue
from tests.bubble.test_psy_statistics import LONG, walk


@given(
    seed=st.integers(0, 2**32),
    lags=st.integers(0, 3),
    criterion=st.sampled_from([None, "aic"]),
    shape=st.sampled_from(["walk", "bubble", "collapse", "recovery", "stale"]),
)
def test_each_new_observation_is_as_in_the_batch(seed, lags, criterion, shape):
    values = walk(seed, LONG, shape)
    asked = {"lags": lags, "criterion": criterion, "min_window": 2 * lags + 12}
    follower = Follower(keep=LONG, **asked)
    got = np.array([follower.append(value) for value in values])
    batch = explosive(values, **asked)
    first = batch.design.first_end
    assert np.isnan(got[:first]).all()
    assert got[first:, 0] == pytest.approx(batch.badf, rel=1e-9, abs=1e-9)
    assert got[first:, 1] == pytest.approx(batch.bsadf, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("lags", [0, 1, 2])
def test_the_oldest_goes_when_a_new_one_comes(lags):
    values = walk(1, 120)
    follower = Follower(values[:25], keep=40, lags=lags)
    for at in range(25, 120):
        _, bsadf = follower.append(values[at])
        kept = values[max(0, at - 39) : at + 1]
        assert np.array_equal(follower.values, kept)
        batch = explosive(kept, lags=lags, min_window=follower.design.rows_min, count="rows")
        assert bsadf == pytest.approx(batch.bsadf[-1], rel=1e-9)


def test_many_are_each_alone_and_keep_their_own_pace():
    levels = np.stack([walk(seed, 90) for seed in range(40)])
    many = Followers(40, keep=60, threads=3)
    single = [Follower(keep=60) for _ in range(40)]
    rng = np.random.default_rng(0)
    last = np.full((40, 2), np.nan)
    for at in range(90):
        row = np.where(rng.random(40) < 0.2, np.nan, levels[:, at])
        tick = many.append(row)
        for k in np.flatnonzero(~np.isnan(row)):
            last[k] = single[k].append(row[k])
        assert np.array_equal(np.stack((tick.badf, tick.bsadf), axis=1), last, equal_nan=True)
    assert many.lengths.max() == 60 and np.array_equal(many.values(7), single[7].values)


def test_loading_is_appending():
    values = walk(2, 100)
    loaded, appended = Followers(1, keep=50), Followers(1, keep=50)
    loaded.load(0, values[:-1])
    for value in values[:-1]:
        appended.append([value])
    assert loaded.append(values[-1:]).bsadf == appended.append(values[-1:]).bsadf


def test_what_cannot_be_done_is_said():
    with pytest.raises(BadValue, match="only a finite number can follow"):
        Follower().append(float("nan"))
    many = Followers(2)
    with pytest.raises(BadValue, match="one for each, NaN for none"):
        many.append([1.0])
    with pytest.raises(BadValue, match="series 1: the value is infinite"):
        many.append([1.0, float("inf")])
    with pytest.raises(BadValue, match="series 1: the value at place 0 is missing"):
        many.load(1, [float("nan"), 1.0])
    with pytest.raises(BadValue, match="at least one series"):
        Followers(0)
    assert np.isnan(many.append([1.0, float("nan")]).bsadf).all() and many.lengths.tolist() == [1, 0]
