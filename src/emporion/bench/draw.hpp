// Draws the commands of a mix. The drawer runs an engine beside it, so that cancels and moves name
// orders that are open and passive orders do not cross; ids are predictable (rule O-2), so the rows
// can be given to any engine that keeps the rules.
#pragma once

#include <vector>

#include "engine.hpp"

struct Shares {  // Of 1,000 commands; what is left of 1,000 are immediate orders.
    i64 add, cancel, move;
};
struct Wanted {
    i64 commands, resting, levels, seed, start_ns, qty_max;
    Shares shares;
};

template <bool MANY, bool IDS>
class Drawer {
public:
    Drawer(const Terms& terms, const Wanted& wanted)
        : engine_(terms), wanted_(wanted), state_(u64(wanted.seed) * 2 + 1), ts_ns_(wanted.start_ns),
          place_in_open_(terms.orders), open_in_book_(terms.instruments), events_(8192) {}

    // The commands that build the books up, then those that are measured.
    void draw(std::vector<Command>& rows) {
        while (i64(open_.size()) < wanted_.resting) push(rows, passive(i32(open_.size() % engine_.terms().instruments)));
        prefill_ = rows.size();
        while (i64(rows.size() - prefill_) < wanted_.commands) push(rows, any());
    }
    size_t prefill() const { return prefill_; }
    size_t open() const { return open_.size(); }
    i64 levels() const {
        i64 count = 0;
        for (i32 at = 0; at < engine_.terms().instruments; ++at)
            for (const u64 word : engine_.book(at).words) count += __builtin_popcountll(word);
        return count;
    }

private:
    static constexpr i32 CENTRE = WINDOW / 2;
    static constexpr i32 MOVE_TICKS = 20;   // Moves are short, as exchange-core draws them.
    static constexpr i32 SWEEP_TICKS = 24;  // How far behind the best price an immediate order may trade.

    u64 bits() {  // xorshift64*
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1Du;
    }
    i64 below(i64 bound) { return i64((bits() >> 33) * u64(bound) >> 31); }

    Command any() {
        i64 turn = below(1000);
        const i32 instrument = i32(below(engine_.terms().instruments));
        if ((turn -= wanted_.shares.add) < 0 || open_.empty()) return passive(instrument);
        if ((turn -= wanted_.shares.cancel) < 0) return below(200) ? cancel(open_[below(open_.size())]) : stale();
        if ((turn -= wanted_.shares.move) < 0) return move(open_[below(open_.size())]);
        return immediate(instrument);
    }

    Command passive(i32 instrument) {
        const bool buys = bits() >> 63;
        const i32 away = 1 + i32(below(wanted_.levels / 2));
        const i32 price = inside(engine_.book(instrument), buys, buys ? CENTRE - away : CENTRE + away);
        return place(instrument, buys, price, 1 + below(wanted_.qty_max), i32(below(engine_.terms().accounts)), GTC);
    }

    // Large while more rests than wanted, else small: so the number of open orders stays about level.
    Command immediate(i32 instrument) {
        const Book& book = engine_.book(instrument);
        bool buys = bits() >> 63;
        if (buys ? book.best_ask == WINDOW : book.best_bid < 0) buys = !buys;
        if (buys ? book.best_ask == WINDOW : book.best_bid < 0) return passive(instrument);
        const bool crowded = open_in_book_[instrument] * engine_.terms().instruments > wanted_.resting;
        const i64 qty = 1 + below(wanted_.qty_max / 10 + 1) + (crowded ? wanted_.qty_max : 0);
        const i32 price = buys ? lesser(book.best_ask + SWEEP_TICKS, WINDOW - 1) : greater(book.best_bid - SWEEP_TICKS, 0);
        i32 account = i32(below(engine_.terms().accounts));
        for (int tries = 0; tries < 64 && meets_own(book, account, buys, price, qty); ++tries)
            account = i32(below(engine_.terms().accounts));
        if (meets_own(book, account, buys, price, qty)) return passive(instrument);
        return place(instrument, buys, price, qty, account, IOC);
    }

    Command cancel(u32 slot) {
        Command row = about(slot, IDS ? CANCEL_BY_CL_ORD_ID : CANCEL);
        return row;
    }
    Command stale() {  // An order that has ended: refused.
        if (!ended_) return cancel(open_[below(open_.size())]);
        Command row = cancel(open_[below(open_.size())]);
        if (IDS) row.cl_ord_id_lo ^= 1;
        else row.order_id = ended_;
        return row;
    }

    // A new price nearby; of 100, one crosses to the other side, and four give up quantity in place.
    Command move(u32 slot) {
        const Order& order = engine_.order(slot);
        const bool buys = order.instrument_side & 1;
        const Book& book = engine_.book(order.instrument_side >> 1);
        Command row = about(slot, REPLACE);
        row.qty_lots = order.qty;
        const i64 turn = below(100);
        if (turn < 4 && order.leaves > 1) {
            row.qty_lots -= 1 + below(order.leaves - 1);
            return row;
        }
        const i32 opposite = buys ? book.best_ask : book.best_bid;
        if (turn == 4 && opposite >= 0 && opposite < WINDOW && !meets_own(book, order.account, buys, opposite, order.leaves)) {
            row.price_ticks = engine_.terms().low_ticks + opposite;
            return row;
        }
        const i32 step = 1 + i32(below(MOVE_TICKS));
        const i32 half = i32(wanted_.levels / 2);
        i32 price = order.price + (bits() >> 63 ? step : -step);
        price = buys ? lesser(greater(price, CENTRE - half), CENTRE - 1) : greater(lesser(price, CENTRE + half), CENTRE + 1);
        row.price_ticks = engine_.terms().low_ticks + inside(book, buys, price);
        return row;
    }

    Command place(i32 instrument, bool buys, i32 price, i64 qty, i32 account, Tif tif) {
        Command row{};
        row.kind = PLACE;
        row.account_id = account + FIRST_ACCOUNT;
        row.instrument_id = instrument + 1;
        row.side = buys ? BUY : SELL;
        row.tif = tif;
        row.price_ticks = engine_.terms().low_ticks + price;
        row.qty_lots = qty;
        if (IDS) {
            row.cl_ord_id_hi = i64(bits());
            row.cl_ord_id_lo = i64(bits() & ~u64{1});  // Even, so that an odd one is never known.
        }
        return row;
    }
    Command about(u32 slot, Kind kind) {
        const Order& order = engine_.order(slot);
        Command row{};
        row.kind = kind;
        row.account_id = order.account + FIRST_ACCOUNT;
        row.instrument_id = (order.instrument_side >> 1) + 1;
        if (IDS) {
            row.cl_ord_id_hi = engine_.key(slot).hi;
            row.cl_ord_id_lo = engine_.key(slot).lo;
        } else row.order_id = engine_.id(slot);
        return row;
    }

    static i32 lesser(i32 a, i32 b) { return a < b ? a : b; }
    static i32 greater(i32 a, i32 b) { return a > b ? a : b; }
    static i32 inside(const Book& book, bool buys, i32 price) {  // So that it rests.
        return buys ? greater(lesser(price, book.best_ask - 1), 0) : lesser(greater(price, book.best_bid + 1), WINDOW - 1);
    }

    // Self-trade prevention is not measured here, so nobody may meet an order of their own.
    bool meets_own(const Book& book, i32 account, bool buys, i32 limit, i64 qty) const {
        i32 at = buys ? book.best_ask : book.best_bid;
        while (qty > 0 && (buys ? at <= limit : at >= limit) && at >= 0) {
            for (u32 slot = book.levels[at].head; slot && qty > 0; slot = engine_.order(slot).next) {
                if (engine_.order(slot).account == account) return true;
                qty -= engine_.order(slot).leaves;
            }
            at = buys ? book.above(at) : book.below(at);
        }
        return false;
    }

    // Stamps the row, applies it, and learns from its events which orders are open now.
    void push(std::vector<Command>& rows, Command row) {
        row.ts_ns = ts_ns_ += 1000;
        rows.push_back(row);
        const Event* end = engine_.apply(&row, 1, events_.data());
        for (const Event* event = events_.data(); event != end; ++event)
            if (event->kind != REJECTED) {
                const u32 slot = u32(event->order_id) & ((1u << SLOT_BITS) - 1);
                const bool is_open = engine_.is_open(event->order_id), was_open = place_in_open_[slot] != 0;
                if (is_open && !was_open) {
                    open_.push_back(slot);
                    place_in_open_[slot] = u32(open_.size());
                    ++open_in_book_[event->instrument_id - 1];
                } else if (!is_open && was_open) {
                    ended_ = event->order_id;
                    open_[place_in_open_[slot] - 1] = open_.back();
                    place_in_open_[open_.back()] = place_in_open_[slot];
                    place_in_open_[slot] = 0;
                    open_.pop_back();
                    --open_in_book_[event->instrument_id - 1];
                }
            }
    }

    Engine<MANY, IDS> engine_;
    const Wanted wanted_;
    u64 state_;
    i64 ts_ns_;
    size_t prefill_ = 0;
    i64 ended_ = 0;
    std::vector<u32> open_;           // Slots of open orders, in no order.
    std::vector<u32> place_in_open_;  // By slot, from 1; 0: not open.
    std::vector<i64> open_in_book_;
    std::vector<Event> events_;
};
