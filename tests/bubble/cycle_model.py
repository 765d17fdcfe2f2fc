"""The cycle's reckoning in the plainest Python: one date after another, dictionaries and loops. The judge."""

from datetime import timedelta


def last_price(prices, moment, stale):
    """prices: {date: price}. The last one on or before the moment, not older than `stale`; None when there is none."""
    known = [date for date in prices if date <= moment]
    if not known or moment - max(known) > stale:
        return None
    return prices[max(known)]


def top(values, count, barred):
    """Names of the largest: by value, then by the alphabet."""
    there = [(-value, name) for name, value in values.items() if value is not None and name not in barred]
    return [name for _, name in sorted(there)[:count]]


def alt_season(prices, universe, dates, against, window_days, chosen, coverage_min, stale_days, universe_days_max):
    """prices: {name: {date: price}}; universe: {date: names}. A date: (index or None, beat, compared, members)."""
    result = []
    for today in dates:
        then = today - timedelta(days=window_days)
        asked = today if chosen == "end" else then
        rows = [date for date in universe if date <= asked]
        members = []
        if rows and asked - max(rows) <= timedelta(days=universe_days_max):
            members = [name for name in universe[max(rows)] if name != against]
        stale = timedelta(days=stale_days)
        coin = [last_price(prices[against], moment, stale) for moment in (then, today)]
        beat = compared = 0
        for name in members:
            here = prices.get(name, {})
            start, end = last_price(here, then, stale), last_price(here, today, stale)
            if None in coin or start is None or (end is None and chosen == "end"):
                continue
            compared += 1
            if end is not None and end * coin[0] > coin[1] * start:
                beat += 1
        enough = compared > 0 and compared >= coverage_min * len(members)
        result.append((100.0 * beat / compared if enough else None, beat, compared, len(members)))
    return result


def basket(prices, weights):
    """prices, weights: rows of one number (None: not there) for each member. The chained index, from the first row."""
    level, result = 1.0, [1.0]
    for before, after, weight in zip(prices, prices[1:], weights, strict=False):
        held = [k for k in range(len(before)) if None not in (before[k], after[k], weight[k])]
        if held:
            total = sum(weight[k] for k in held)
            level *= sum(weight[k] / total * after[k] / before[k] for k in held)
        result.append(level)
    return result


def flows(units, prices):
    """units, prices: rows (None: not there). (net, by price, entered, left) of each row after the first."""
    result = []
    for row in range(1, len(units)):
        net = by_price = entered = left = 0.0
        for k in range(len(units[row])):
            was, now = units[row - 1][k], units[row][k]
            if was is not None and now is not None:
                net += (now - was) * prices[row][k]
                by_price += was * (prices[row][k] - prices[row - 1][k])
            elif now is not None:
                entered += now * prices[row][k]
            elif was is not None:
                left += was * prices[row - 1][k]
        result.append((net, by_price, entered, left))
    return result


def overlap(first, second):
    """(shared, of first, of second, jaccard, by chance) of two lists of True and False; None for a share of nothing."""
    ones, others = ({k for k, flag in enumerate(flags) if flag} for flags in (first, second))
    rows = len(first)

    def share(part, whole):
        return len(part) / len(whole) if whole else None

    both = ones & others
    shifted = [ones & {(k + shift) % rows for k in others} for shift in range(rows)]
    chance = sum(len(one) >= len(both) for one in shifted) / rows if ones else None
    return len(both), share(both, ones), share(both, others), share(both, ones | others), chance
