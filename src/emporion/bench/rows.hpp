// Rows and codes of schema/messages.py and schema/codes.py, as far as the reference needs them, and its tables.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// g++ takes a function that only prefetches for one without effect, and drops the call unless it is inlined.
#define FETCHES __attribute__((always_inline)) inline

using i32 = int32_t;
using u32 = uint32_t;
using i64 = int64_t;
using u64 = uint64_t;

constexpr int WINDOW = 2048;  // Ticks of a book: two levels of 64-bit words cover it.
constexpr i64 PPM = 1'000'000;
constexpr int SLOT_BITS = 24;
constexpr int FAR = 24, MIDDLE = 16, NEARER = 12, NEAR = 8;  // How many commands ahead memory is fetched.
constexpr i32 FIRST_ACCOUNT = 6;  // Those before are the venue's own.
constexpr i32 NO_ACCOUNT = INT32_MIN;
constexpr i32 QUOTE_ASSET = 1;    // The base of instrument i is asset 1 + i.

enum Kind : uint8_t { PLACE = 10, REPLACE = 11, CANCEL = 12, CANCEL_BY_CL_ORD_ID = 13 };
enum Told : uint8_t { REJECTED = 1, ACCEPTED = 10, FILLED = 11, CANCELED = 12, REPLACED = 14 };
enum Side : int8_t { BUY = 1, SELL = 2 };
enum Tif : int8_t { GTC = 1, IOC = 3 };
enum Reason : uint8_t {
    NONE = 0, UNKNOWN_ACCOUNT = 10, DUPLICATE = 12, UNKNOWN_INSTRUMENT = 16, UNKNOWN_ORDER = 17, BAD_QTY = 26,
    PRICE_TOO_HIGH = 30, INSUFFICIENT_FUNDS = 52, BY_OWNER = 100, BY_REPLACE = 106, IOC_REMAINDER = 108,
};
enum Status : uint8_t { PARTLY_DONE = 1, DONE = 2, GONE = 4 };  // OrderStatus
enum FillFlag : uint8_t { MAKER = 1, TAKER = 2 };

struct Command {  // ORDER_COMMAND of schema/messages.py
    i64 ts_ns, order_id, cl_ord_id_hi, cl_ord_id_lo, price_ticks, qty_lots;
    i32 account_id, instrument_id;
    uint8_t kind;
    int8_t side, tif, flags, stp;
    uint8_t data_rows, reserved[2];
};
struct Event {  // EVENT
    i64 seq, order_id, price_ticks, qty_lots, leaves_lots, amount_atoms;
    i32 account_id, instrument_id, asset_id;
    uint8_t kind;
    int8_t side;
    uint8_t reason, flags;
};
static_assert(sizeof(Command) == 64 && sizeof(Event) == 64);

struct alignas(64) Order {  // One cache line. The slot is its place, so only the generation is kept.
    u32 generation;         // Raised when the order ends: an old id never fits again.
    i32 price;              // Index into the window.
    i32 account;            // From 0.
    i32 instrument_side;    // instrument << 1 | is_buy, instruments from 0.
    u32 prev, next;         // 0: none. In a free row `next` is the next free one.
    i64 leaves, qty, hold, maker_notional, taker_notional;
};
static_assert(sizeof(Order) == 64);

// Zeroed memory on huge pages where the system has them, as NumPy asks for on the other side.
template <typename T>
T* make_table(size_t rows) {
    constexpr size_t HUGE_PAGE = size_t{1} << 21;
    const size_t bytes = (rows * sizeof(T) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void* memory = std::aligned_alloc(HUGE_PAGE, bytes);
    if (!memory) { std::perror("reference"); std::exit(1); }
    madvise(memory, bytes, MADV_HUGEPAGE);
    std::memset(memory, 0, bytes);
    return static_cast<T*>(memory);
}
