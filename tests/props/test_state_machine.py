"""Commands drawn by Hypothesis, which finds the shortest history in which machine and model differ."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emporion.schema import build
from emporion.schema.build import Rows
from emporion.schema.codes import InstrumentStatus, Limit, OrderFlag, Side, Stp, Tif
from emporion.schema.limits import TINY
from emporion.sim.both import Both

SECOND_NS = 1_000_000_000
ACCOUNTS = st.sampled_from([6, 7, 8, 6, 7, 8, 2, 12])  # 8 is below 6; 2 is the venue's; 12 is nobody.
SIDES = st.sampled_from([*Side, *Side, 0])
LOTS = st.sampled_from([1, 2, 3, 5, 8, 0])
PRICES = st.integers(8, 12)
NAMES = st.sampled_from([b"", b"", b"", b"x", b"y", b"z"])
LIMITS = {
    Limit.ORDERS: 12, Limit.EXTRAS: 5, Limit.CLIENT_IDS: 4, Limit.HOLDS: 2, Limit.DEADLINES: 4,
    Limit.CLIENT_IDS_PER_ACCOUNT: 2, Limit.NODES: 20, Limit.LEAVES: 5,
}  # fmt: skip


class VenueMachine(RuleBasedStateMachine):
    """One instrument, three traders, small limits; times move on by seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.both = Both(TINY)
        self.now_ns = SECOND_NS
        self.orders: list[int] = [1 << 24 | 1]
        self.holds: list[int] = [1 << 24 | 1]

    def send(self, *rows: Rows) -> None:
        for event in self.both.apply(build.stamp(build.join(*rows), self.now_ns)):
            if event["kind"] == 10 and event["order_id"] not in self.orders:
                self.orders.append(int(event["order_id"]))
            if event["kind"] in (32, 35) and event["order_id"] not in self.holds:
                self.holds.append(int(event["order_id"]))

    @initialize(
        maker=st.sampled_from([0, -10_000, 10_000, 100_000]), taker=st.sampled_from([10_000, 100_000]),
        band=st.sampled_from([0, 100_000, 300_000]), wealth=st.sampled_from([40, 500, 5_000]),
    )  # fmt: skip
    def set_the_stage(self, maker: int, taker: int, band: int, wealth: int) -> None:
        self.send(
            build.genesis(LIMITS, TINY), build.list_asset("base", 0), build.list_asset("cash", 0),
            build.list_instrument("I", 1, 2, base_atoms_per_lot=2, band_ppm=band, price_max_ticks=1 << 20),
            build.set_status(1), build.open_account(), build.open_account(), build.open_account(6),
            build.set_fees(0, 0, maker, taker),
            *(build.deposit(account, asset, wealth) for account in (6, 7, 8) for asset in (1, 2)),
        )  # fmt: skip

    @rule(account=ACCOUNTS, side=SIDES, lots=LOTS, price=PRICES, tif=st.sampled_from(Tif), stp=st.sampled_from(Stp),
          post_only=st.booleans(), name=NAMES, seconds=st.integers(1, 4))  # fmt: skip
    def place(self, account, side, lots, price, tif, stp, post_only, name, seconds):
        flags = OrderFlag.POST_ONLY if post_only and tif in (Tif.GTC, Tif.GTD) else 0
        expire = self.now_ns + seconds * SECOND_NS if tif == Tif.GTD else 0
        self.send(build.place(account, 1, side, lots, price, tif, flags, stp, name, expire_ns=expire))

    @rule(account=ACCOUNTS, side=SIDES, lots=LOTS, price=PRICES, display=st.integers(1, 3), stp=st.sampled_from(Stp))
    def place_iceberg(self, account, side, lots, price, display, stp):
        self.send(build.place(account, 1, side, lots, price, stp=stp, display_lots=display))

    @rule(account=ACCOUNTS, side=SIDES, lots=LOTS, price=st.sampled_from([0, 9, 10]), tif=st.sampled_from(Tif))
    def place_market(self, account, side, lots, price, tif):
        self.send(build.place(account, 1, side, lots, price, tif, OrderFlag.MARKET))

    @rule(account=ACCOUNTS, side=SIDES, lots=LOTS, price=PRICES, trigger=PRICES, tif=st.sampled_from(Tif),
          market=st.booleans(), seconds=st.integers(1, 4))  # fmt: skip
    def place_stop(self, account, side, lots, price, trigger, tif, market, seconds):
        flags = OrderFlag.STOP | (OrderFlag.MARKET if market else 0)
        expire = self.now_ns + seconds * SECOND_NS if tif == Tif.GTD else 0
        self.send(
            build.place(
                account, 1, side, lots, price, Tif.IOC if market else tif, flags, trigger_price_ticks=trigger,
                expire_ns=0 if market else expire,
            )
        )  # fmt: skip

    @rule(data=st.data(), account=ACCOUNTS, lots=LOTS, price=st.sampled_from([0, 0, 9, 10, 11, 1 << 19]), name=NAMES)
    def replace(self, data, account, lots, price, name):
        order_id = data.draw(st.sampled_from([*self.orders, 0]))
        self.send(build.replace(account, order_id, lots, price, name))

    @rule(data=st.data(), account=ACCOUNTS)
    def cancel(self, data, account):
        self.send(build.cancel(account, data.draw(st.sampled_from(self.orders))))

    @rule(account=ACCOUNTS, name=NAMES)
    def cancel_by_name(self, account, name):
        self.send(build.cancel_by_cl_ord_id(account, name))

    @rule(account=st.sampled_from([0, 3, 4, 5]), side=st.sampled_from([0, *Side]))
    def mass_cancel(self, account, side):
        self.send(build.mass_cancel(account, 1 if account == 0 else 0, side))

    @rule(account=ACCOUNTS, seconds=st.integers(0, 3))
    def set_deadman(self, account, seconds):
        self.send(build.set_deadman(account, seconds * SECOND_NS))

    @rule(account=ACCOUNTS, asset=st.integers(0, 2), amount=st.integers(0, 60), name=NAMES,
          kind=st.sampled_from([build.deposit, build.withdraw, build.freeze_balance]))  # fmt: skip
    def move(self, account, asset, amount, name, kind):
        self.send(kind(account, asset, amount, name))

    @rule(source=ACCOUNTS, to=ACCOUNTS, asset=st.integers(1, 2), amount=st.integers(1, 60))
    def transfer(self, source, to, asset, amount):
        self.send(build.transfer(source, to, asset, amount))

    @rule(data=st.data(), kind=st.sampled_from([build.withdraw_settle, build.withdraw_refuse, build.release_balance]))
    def end_hold(self, data, kind):
        self.send(kind(data.draw(st.sampled_from(self.holds))))

    @rule(status=st.sampled_from([*InstrumentStatus][:-1]))
    def set_status(self, status):
        self.send(build.set_status(1, status))

    @rule()
    def reopen(self):
        self.send(build.set_status(1, InstrumentStatus.OPEN))

    @rule(account=st.integers(3, 5), freeze=st.booleans())
    def freeze_account(self, account, freeze):
        self.send((build.freeze_account if freeze else build.unfreeze_account)(account))

    @rule(seconds=st.integers(0, 5))
    def let_time_pass(self, seconds):
        self.now_ns += seconds * SECOND_NS
        self.send(build.tick())

    @rule()
    def go_on(self):
        self.send(build.continue_work())

    @invariant()
    def machine_and_model_agree_and_are_sound(self):
        self.both.compare()


TestVenue = VenueMachine.TestCase
TestVenue.settings = settings(settings.get_profile("emporion"), stateful_step_count=40)
