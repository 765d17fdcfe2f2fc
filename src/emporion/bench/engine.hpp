// The engine emporion measures itself against: the same rules, written for speed alone.
//
// It does what the mixes of mixes.py need and nothing else: limit and IOC orders, cancel, move,
// holds, cumulative fees, settlement and 64-byte event rows, by the rules of docs/rules (O-1 to
// O-9, M-1 to M-6). One fee tier, no self-trade, stops, icebergs or deadlines: the generator
// draws no command that would need them. Prices are bounded by a window of ticks, sized to the
// mix; rows, balances and order ids are those of emporion, so that both must end alike.
#pragma once

#include <new>

#include "client_ids.hpp"

struct Level { u32 head, tail; };
struct Book {
    i32 best_bid = -1, best_ask = WINDOW;  // Bids lie below asks, so one bitmap serves both.
    u64 top = 0;                           // Which words are not empty.
    u64 words[WINDOW / 64] = {};
    Level levels[WINDOW] = {};

    void set(int at) {
        words[at >> 6] |= u64{1} << (at & 63);
        top |= u64{1} << (at >> 6);
    }
    void clear(int at) {
        if (!(words[at >> 6] &= ~(u64{1} << (at & 63)))) top &= ~(u64{1} << (at >> 6));
    }
    int below(int at) const {  // Highest level in use below `at`; -1 for none.
        const int word = at >> 6;
        if (const u64 bits = words[word] & ((u64{1} << (at & 63)) - 1)) return word << 6 | (63 - __builtin_clzll(bits));
        const u64 rest = top & ((u64{1} << word) - 1);
        if (!rest) return -1;
        const int found = 63 - __builtin_clzll(rest);
        return found << 6 | (63 - __builtin_clzll(words[found]));
    }
    int above(int at) const {  // Lowest level in use above `at`; WINDOW for none.
        const int word = at >> 6;
        if (const u64 bits = words[word] & ~((u64{2} << (at & 63)) - 1)) return word << 6 | __builtin_ctzll(bits);
        const u64 rest = top & ~((u64{2} << word) - 1);
        if (!rest) return WINDOW;
        const int found = __builtin_ctzll(rest);
        return found << 6 | __builtin_ctzll(words[found]);
    }
};
static_assert(WINDOW / 64 <= 64);

struct Balance { i64 free, held; };

struct Terms {  // What the setup commands of mixes.py told the venue.
    i64 accounts, instruments, low_ticks, base_atoms_per_lot, atoms_per_tick_lot, maker_ppm, taker_ppm;
    i64 base_atoms, quote_atoms;  // Deposited to each account, of each asset.
    i64 orders;                   // Rows of the order table.
    i64 client_ids_kept;          // How many of ended orders are remembered, of each account.
    i64 first_seq;
};

// MANY: balances of many instruments lie apart from the one quote asset, which then stays in cache; of a
// single one the base and quote balances of an account share a line. IDS: client ids are looked up.
// AHEAD: memory that the next commands will touch is fetched while this one is worked on.
template <bool MANY, bool IDS, bool AHEAD = false>
class Engine {
public:
    explicit Engine(const Terms& terms)
        : terms_(terms), lot_(terms.base_atoms_per_lot), atoms_(terms.atoms_per_tick_lot),
          rate_(terms.maker_ppm > terms.taker_ppm ? terms.maker_ppm : terms.taker_ppm), seq_(terms.first_seq),
          orders_(make_table<Order>(terms.orders)), books_(make_table<Book>(terms.instruments)),
          wallets_(make_table<Balance>(terms.accounts * (terms.instruments + 1))),
          quotes_(wallets_ + terms.accounts * terms.instruments), 
          ids_(IDS ? terms.orders : 1, IDS ? terms.accounts : 1, IDS ? terms.client_ids_kept : 1) {
        for (i64 slot = 0; slot < terms.orders; ++slot) orders_[slot].generation = 1;
        for (i64 at = 0; at < terms.instruments; ++at) new (&books_[at]) Book;
        for (i32 account = 0; account < terms.accounts; ++account) {
            quote(account) = {terms.quote_atoms, 0};
            for (i32 at = 0; at < terms.instruments; ++at) base(account, at) = {terms.base_atoms, 0};
        }
    }
    ~Engine() { std::free(orders_); std::free(books_); std::free(wallets_); }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Applies `count` commands and writes their events from `out` on; returns the end of what it wrote.
    // With AHEAD, FAR more rows behind them must be readable.
    Event* apply(const Command* command, size_t count, Event* out) {
        out_ = out;
        for (const Command* end = command + count; command != end; ++command, ++seq_) {
            if (AHEAD) look_ahead(command);
            if (IDS) now_ns_ = command->ts_ns;
            switch (command->kind) {
                case PLACE:
                    if (command->side == BUY) place<true>(*command);
                    else place<false>(*command);
                    break;
                case REPLACE: replace(*command); break;
                case CANCEL: cancel(*command, by_order_id(*command)); break;
                default: cancel(*command, by_client_id(*command)); break;
            }
        }
        return out_;
    }

    Balance& base(i32 account, i32 instrument) {
        return MANY ? wallets_[account * terms_.instruments + instrument] : wallets_[2 * account];
    }
    Balance& quote(i32 account) { return MANY ? quotes_[account] : wallets_[2 * account + 1]; }
    i64 fees() const { return fees_; }
    const Order& order(u32 slot) const { return orders_[slot]; }
    const Book& book(i32 instrument) const { return books_[instrument]; }
    const Terms& terms() const { return terms_; }
    i64 id(u32 slot) const { return i64(orders_[slot].generation) << SLOT_BITS | slot; }
    bool is_open(i64 order_id) const {
        const u32 slot = u32(order_id) & ((1u << SLOT_BITS) - 1);
        return slot <= high_water_ && i64(orders_[slot].generation) == order_id >> SLOT_BITS;
    }
    ClientIds::Key key(u32 slot) const { return ids_.key(slot); }

private:
    // What a command touches hangs together by pointers, so it is fetched in three steps: what its row names;
    // the order it names; that order's level and neighbours.
    FETCHES void look_ahead(const Command* command) const {
        const Command& far = command[FAR];
        const i32 instrument = far.instrument_id - 1, account = far.account_id - FIRST_ACCOUNT;
        if (u64(instrument) < u64(terms_.instruments) && u64(account) < u64(terms_.accounts)) {
            __builtin_prefetch(&books_[instrument]);
            if (MANY) __builtin_prefetch(&wallets_[account * terms_.instruments + instrument]);
            if (IDS) {
                ids_.fetch(account, {far.cl_ord_id_hi, far.cl_ord_id_lo});
                ids_.fetch_queue(account);
            }
            if (far.kind == PLACE) fetch_level(instrument, i32(far.price_ticks - terms_.low_ticks));
        }
        const Command& middle = command[MIDDLE];
        if (IDS) ids_.fetch_entry(likely(middle));
        else if (const u32 slot = named(middle)) __builtin_prefetch(&orders_[slot]);
        if (IDS) __builtin_prefetch(&orders_[named(command[NEARER])]);
        const Command& near = command[NEAR];
        if (const u32 slot = named(near)) {
            const Order& order = orders_[slot];
            fetch_level(order.instrument_side >> 1, order.price);
            __builtin_prefetch(&orders_[order.prev]);
            __builtin_prefetch(&orders_[order.next]);
        } else if (near.kind == PLACE) {
            const i64 price = near.price_ticks - terms_.low_ticks;
            if (u64(near.instrument_id - 1) < u64(terms_.instruments) && u64(price) < WINDOW)
                __builtin_prefetch(&orders_[books_[near.instrument_id - 1].levels[price].tail]);
        }
    }
    u32 named(const Command& command) const {
        if (command.kind == PLACE) return 0;
        const u32 slot = IDS ? ids_.entry(likely(command)).slot : u32(command.order_id) & ((1u << SLOT_BITS) - 1);
        return i64(slot) < terms_.orders ? slot : 0;
    }
    u32 likely(const Command& command) const {
        return ids_.likely(command.account_id - FIRST_ACCOUNT, {command.cl_ord_id_hi, command.cl_ord_id_lo});
    }
    FETCHES void fetch_level(i32 instrument, i32 price) const {
        if (u32(price) >= WINDOW) return;
        __builtin_prefetch(&books_[instrument].words[price >> 6]);
        __builtin_prefetch(&books_[instrument].levels[price]);
    }

    static i64 due(i64 rate, i64 notional) { return i64((u64(rate * notional) + PPM - 1) / PPM); }
    i64 hold_of(i64 price, i64 qty) const {  // H of rule O-6.
        const i64 notional = (terms_.low_ticks + price) * qty * atoms_;
        return notional + due(rate_, notional) + 1;
    }

    template <bool BUYS>
    void place(const Command& command) {
        const i32 account = command.account_id - FIRST_ACCOUNT, instrument = command.instrument_id - 1;
        if (u64(account) >= u64(terms_.accounts)) return reject(command, UNKNOWN_ACCOUNT);
        const ClientIds::Key key{command.cl_ord_id_hi, command.cl_ord_id_lo};
        if (IDS)
            if (const u32 first = ids_.taken(account, key, command.ts_ns)) return reject_duplicate(command, first);
        if (u64(instrument) >= u64(terms_.instruments)) return reject(command, UNKNOWN_INSTRUMENT);
        const i64 qty = command.qty_lots, price = command.price_ticks - terms_.low_ticks;
        if (qty <= 0) return reject(command, BAD_QTY);
        if (u64(price) >= WINDOW) return reject(command, PRICE_TOO_HIGH);
        const i64 hold = BUYS ? hold_of(price, qty) : qty * lot_;
        if ((BUYS ? quote(account) : base(account, instrument)).free < hold)
            return reject(command, INSUFFICIENT_FUNDS);

        u32 slot = free_;
        if (slot) free_ = orders_[slot].next;
        else slot = ++high_water_;
        if (i64(slot) >= terms_.orders) { std::fprintf(stderr, "reference: too few order rows\n"); std::exit(1); }
        Order& order = orders_[slot];
        order.price = i32(price);
        order.account = account;
        order.instrument_side = instrument << 1 | BUYS;
        order.leaves = order.qty = qty;
        order.hold = order.maker_notional = order.taker_notional = 0;
        if (IDS) ids_.insert(account, key, slot, id(slot), command.ts_ns);
        tell(ACCEPTED, order, id(slot), price, qty, qty, hold, BUYS ? QUOTE_ASSET : instrument + 2, BUYS, NONE, 0);
        enter<BUYS>(slot, order, hold, command.tif == IOC);
    }

    void replace(const Command& command) {
        const u32 slot = IDS ? by_client_id(command) : by_order_id(command);
        if (!slot) return reject(command, UNKNOWN_ORDER);
        if (orders_[slot].instrument_side & 1) replace_open<true>(command, slot);
        else replace_open<false>(command, slot);
    }

    template <bool BUYS>
    void replace_open(const Command& command, u32 slot) {
        Order& order = orders_[slot];
        const i32 instrument = order.instrument_side >> 1;
        const i64 leaves = command.qty_lots - (order.qty - order.leaves);
        const i64 price = command.price_ticks ? command.price_ticks - terms_.low_ticks : order.price;
        if (command.qty_lots <= 0) return reject(command, BAD_QTY);
        if (leaves <= 0) return end(slot, order, BY_REPLACE);
        if (u64(price) >= WINDOW) return reject(command, PRICE_TOO_HIGH);
        Balance& balance = BUYS ? quote(order.account) : base(order.account, instrument);
        i64 hold = BUYS ? hold_of(price, leaves) : leaves * lot_;
        if (balance.free + order.hold < hold) return reject(command, INSUFFICIENT_FUNDS);

        const bool keeps_place = price == order.price && command.qty_lots <= order.qty;
        if (keeps_place) {
            if (BUYS && order.hold < hold) hold = order.hold;
            balance.free += order.hold - hold;
            balance.held -= order.hold - hold;
            order.hold = hold;
        } else {
            unlink(books_[instrument], order);
            balance.free += order.hold;
            balance.held -= order.hold;
            order.price = i32(price);
        }
        order.qty = command.qty_lots;
        order.leaves = leaves;
        tell(REPLACED, order, id(slot), price, order.qty, leaves, hold, BUYS ? QUOTE_ASSET : instrument + 2, BUYS, NONE, 0);
        if (!keeps_place) enter<BUYS>(slot, order, hold, false);
    }

    void cancel(const Command& command, u32 slot) {
        if (!slot) return reject(command, UNKNOWN_ORDER);
        end(slot, orders_[slot], BY_OWNER);
    }

    // A resting order leaves the book and its hold is released.
    void end(u32 slot, Order& order, Reason reason) {
        const bool buys = order.instrument_side & 1;
        const i32 instrument = order.instrument_side >> 1;
        Balance& balance = buys ? quote(order.account) : base(order.account, instrument);
        balance.free += order.hold;
        balance.held -= order.hold;
        tell(CANCELED, order, id(slot), order.price, order.leaves, 0, order.hold, buys ? QUOTE_ASSET : instrument + 2,
             buys, reason, 0);
        unlink(books_[instrument], order);
        release(slot, order, GONE);
    }

    // An order that holds nothing yet meets the other side; what is left rests or, for IOC, ends.
    template <bool BUYS>
    void enter(u32 slot, Order& order, i64 entry_hold, bool immediate) {
        const i32 instrument = order.instrument_side >> 1;
        Book& book = books_[instrument];
        const i32 limit = order.price;
        if (BUYS ? book.best_ask <= limit : book.best_bid >= limit) {
            entry_hold -= match<BUYS>(slot, order, book, limit);
            if (!order.leaves) return release(slot, order, DONE);
        }
        if (immediate) {
            tell(CANCELED, order, id(slot), limit, order.leaves, 0, 0, BUYS ? QUOTE_ASSET : instrument + 2, BUYS,
                 IOC_REMAINDER, 0);
            return release(slot, order, GONE);
        }
        i64 hold = BUYS ? hold_of(limit, order.leaves) : order.leaves * lot_;
        if (BUYS && entry_hold < hold) hold = entry_hold;
        Balance& balance = BUYS ? quote(order.account) : base(order.account, instrument);
        balance.free -= hold;
        balance.held += hold;
        order.hold = hold;

        Level& level = book.levels[limit];
        order.prev = level.tail;
        order.next = 0;
        if (level.tail) orders_[level.tail].next = slot;
        else {
            level.head = slot;
            book.set(limit);
            if (BUYS && limit > book.best_bid) book.best_bid = limit;
            if (!BUYS && limit < book.best_ask) book.best_ask = limit;
        }
        level.tail = slot;
    }

    // Rules M-1, M-4, M-6. Returns what the taker paid in quote atoms, fees included (0 for a seller).
    template <bool BUYS>
    i64 match(u32 slot, Order& order, Book& book, i32 limit) {
        const i64 order_id = id(slot), maker_ppm = terms_.maker_ppm, taker_ppm = terms_.taker_ppm;
        const i32 instrument = order.instrument_side >> 1;
        i64 leaves = order.leaves, taker_notional = order.taker_notional, fees = 0;
        i64 taker_paid = due(taker_ppm, taker_notional);
        i64 base_moved = 0, quote_moved = 0;  // Booked once for the taker, at the end.
        do {
            const i32 at = BUYS ? book.best_ask : book.best_bid;
            Level& level = book.levels[at];
            const u32 maker_slot = level.head;
            Order& maker = orders_[maker_slot];
            const i64 qty = leaves < maker.leaves ? leaves : maker.leaves;
            const i64 notional = (terms_.low_ticks + at) * qty * atoms_;
            const i64 maker_notional = maker.maker_notional + notional;
            const i64 maker_fee = due(maker_ppm, maker_notional) - due(maker_ppm, maker.maker_notional);
            taker_notional += notional;
            const i64 taker_due = due(taker_ppm, taker_notional), taker_fee = taker_due - taker_paid;
            taker_paid = taker_due;
            leaves -= qty;
            maker.leaves -= qty;
            maker.maker_notional = maker_notional;
            fees += maker_fee + taker_fee;
            base_moved += qty * lot_;
            Balance& maker_base = base(maker.account, instrument);
            Balance& maker_quote = quote(maker.account);
            if (BUYS) {
                maker.hold -= qty * lot_;
                maker_base.held -= qty * lot_;
                maker_quote.free += notional - maker_fee;
                quote_moved += notional + taker_fee;
            } else {
                i64 hold = maker.leaves ? hold_of(at, maker.leaves) : 0;
                const i64 left = maker.hold - notional - maker_fee;
                if (left < hold) hold = left;
                maker_quote.held -= maker.hold - hold;
                maker_quote.free += left - hold;
                maker_base.free += qty * lot_;
                maker.hold = hold;
                quote_moved += notional - taker_fee;
            }
            tell(FILLED, maker, id(maker_slot), at, qty, maker.leaves, maker_fee, QUOTE_ASSET, !BUYS, NONE, MAKER);
            tell(FILLED, order, order_id, at, qty, leaves, taker_fee, QUOTE_ASSET, BUYS, NONE, TAKER);
            if (!maker.leaves) {
                level.head = maker.next;
                if (maker.next) orders_[maker.next].prev = 0;
                else {
                    level.tail = 0;
                    book.clear(at);
                    if (BUYS) book.best_ask = book.above(at);
                    else book.best_bid = book.below(at);
                }
                release(maker_slot, maker, DONE);
            }
        } while (leaves && (BUYS ? book.best_ask <= limit : book.best_bid >= limit));
        order.leaves = leaves;
        order.taker_notional = taker_notional;
        fees_ += fees;
        base(order.account, instrument).free += BUYS ? base_moved : -base_moved;
        quote(order.account).free += BUYS ? -quote_moved : quote_moved;
        return BUYS ? quote_moved : 0;
    }

    void unlink(Book& book, Order& order) {
        Level& level = book.levels[order.price];
        if (order.prev) orders_[order.prev].next = order.next;
        else level.head = order.next;
        if (order.next) orders_[order.next].prev = order.prev;
        else level.tail = order.prev;
        if (!level.head) {
            book.clear(order.price);
            if (order.price == book.best_bid) book.best_bid = book.below(order.price);
            else if (order.price == book.best_ask) book.best_ask = book.above(order.price);
        }
    }

    void release(u32 slot, Order& order, Status status) {
        if (IDS) ids_.end(slot, status, now_ns_);
        ++order.generation;
        order.account = NO_ACCOUNT;
        order.next = free_;
        free_ = slot;
    }

    u32 by_order_id(const Command& command) const {
        const u32 slot = u32(command.order_id) & ((1u << SLOT_BITS) - 1);
        if (!is_open(command.order_id) || orders_[slot].account != command.account_id - FIRST_ACCOUNT) return 0;
        return slot;
    }
    u32 by_client_id(const Command& command) const {
        return ids_.open(command.account_id - FIRST_ACCOUNT, {command.cl_ord_id_hi, command.cl_ord_id_lo});
    }

    void reject(const Command& command, Reason reason) {
        *out_++ = {seq_, command.order_id, 0, 0, 0, 0, command.account_id, command.instrument_id, 0, REJECTED, 0,
                   reason, 0};
    }
    void reject_duplicate(const Command& command, u32 first) {  // With the first order and how it stands.
        const ClientIds::Entry& entry = ids_.entry(first);
        const Order& order = orders_[entry.slot];
        const u32 status = entry.status                                      ? entry.status
                           : order.maker_notional + order.taker_notional > 0 ? PARTLY_DONE
                                                                             : 0;
        reject(command, DUPLICATE);
        out_[-1].order_id = entry.order_id;
        out_[-1].flags = uint8_t(status);
    }
    void tell(Told kind, const Order& order, i64 order_id, i64 price, i64 qty, i64 leaves, i64 amount, i32 asset,
              bool buys, Reason reason, uint8_t flags) {
        *out_++ = {seq_, order_id, terms_.low_ticks + price, qty, leaves, amount, order.account + FIRST_ACCOUNT,
                   (order.instrument_side >> 1) + 1, asset, uint8_t(kind), int8_t(buys ? BUY : SELL), uint8_t(reason),
                   flags};
    }

    const Terms terms_;
    const i64 lot_, atoms_, rate_;
    i64 seq_, fees_ = 0, now_ns_ = 0;
    u32 free_ = 0, high_water_ = 0;
    Event* out_ = nullptr;
    Order* orders_;
    Book* books_;
    Balance *wallets_, *quotes_;
    ClientIds ids_;
};
