// Client ids, of open orders and of ended ones: what an order's own number spares an engine.
//
// By rule O-3 an id is not used again while its order is open, and after that until it is a day old or
// pushed out by the account's later ones. So an entry outlives its order, with what a repeat is answered:
// the first order and how it ended.
#pragma once

#include "rows.hpp"

// (account, client id) -> entry: linear probing, backward-shift deletion, at most half full.
class ClientIds {
public:
    struct Key { i64 hi, lo; };

    // `kept`: how many ended ids of each account are remembered.
    ClientIds(size_t orders, size_t accounts, size_t kept) : kept_(u32(kept)) {
        const size_t entries = orders + accounts * (kept + 1) + 1;
        size_t size = 64;
        while (size < 2 * entries) size *= 2;
        mask_ = u32(size - 1);
        places_ = make_table<Place>(size);
        entries_ = make_table<Entry>(entries);
        entry_of_ = make_table<u32>(orders);
        queues_ = make_table<Queue>(accounts);
        ended_ = make_table<u32>(accounts * (kept + 1));
    }
    ~ClientIds() {
        std::free(places_); std::free(entries_); std::free(entry_of_); std::free(queues_); std::free(ended_);
    }

    struct Entry {
        Key key;
        i64 order_id, ended_ns;
        i32 account;
        u32 slot;    // Of its order while that is open; in a free entry the next free one.
        u32 status;  // 0: open.
        u32 tag;
    };

    u32 find(i32 account, Key key) const {  // 0: none.
        const u32 tag = hash(account, key);
        for (u32 at = tag & mask_; places_[at].entry; at = (at + 1) & mask_)
            if (places_[at].tag == tag && fits(entries_[places_[at].entry], account, key)) return places_[at].entry;
        return 0;
    }
    // The entry that makes an id a duplicate; forgets what has come of age, so that its id may be used again.
    u32 taken(i32 account, Key key, i64 now_ns) {
        const u32 found = find(account, key);
        if (!found || !is_old(entries_[found], now_ns)) return found;
        while (find(account, key)) forget_oldest(account);  // Those before it are as old.
        return 0;
    }
    u32 open(i32 account, Key key) const {  // Slot of the open order; 0: none.
        const u32 found = find(account, key);
        return found && !entries_[found].status ? entries_[found].slot : 0;
    }
    void insert(i32 account, Key key, u32 slot, i64 order_id, i64 now_ns) {
        for (int turn = 0; turn < 2 && queues_[account].count; ++turn) {
            if (!is_old(entries_[oldest(account)], now_ns)) break;
            forget_oldest(account);
        }
        u32 entry = free_;
        if (entry) free_ = entries_[entry].slot;
        else entry = ++high_water_;
        const u32 tag = hash(account, key);
        entries_[entry] = {key, order_id, 0, account, slot, 0, tag};
        entry_of_[slot] = entry;
        u32 at = tag & mask_;
        while (places_[at].entry) at = (at + 1) & mask_;
        places_[at] = {tag, entry};
    }
    // The order has ended: its id joins the account's queue, and may push out the oldest.
    void end(u32 slot, u32 status, i64 now_ns) {
        const u32 entry = entry_of_[slot];
        entries_[entry].ended_ns = now_ns;
        entries_[entry].status = status;
        const i32 account = entries_[entry].account;
        Queue& queue = queues_[account];
        u32 at = queue.first + queue.count++;
        if (at > kept_) at -= kept_ + 1;
        ended_[account * size_t(kept_ + 1) + at] = entry;
        if (queue.count > kept_) forget_oldest(account);
    }
    const Entry& entry(u32 at) const { return entries_[at]; }
    Key key(u32 slot) const { return entries_[entry_of_[slot]].key; }

    FETCHES void fetch(i32 account, Key key) const { __builtin_prefetch(&places_[hash(account, key) & mask_]); }
    FETCHES void fetch_entry(u32 entry) const { __builtin_prefetch(&entries_[entry]); }
    FETCHES void fetch_queue(i32 account) const {
        __builtin_prefetch(&queues_[account]);
        __builtin_prefetch(&ended_[account * size_t(kept_ + 1)]);
    }
    u32 likely(i32 account, Key key) const { return places_[hash(account, key) & mask_].entry; }

private:
    static constexpr i64 DAY_NS = 86'400'000'000'000;
    struct Place { u32 tag, entry; };
    struct Queue { u32 first, count; };  // Of an account's ended entries, a ring of kept_ + 1.

    static u32 hash(i32 account, Key key) {
        u64 h = (u64(key.lo) ^ (u64(key.hi) << 32 | u64(key.hi) >> 32)) + u64(account) * 0x9E3779B97F4A7C15u;
        h *= 0xD6E8FEB86659FD93u;
        return u32(h >> 32);
    }
    static bool fits(const Entry& entry, i32 account, Key key) {
        return entry.key.lo == key.lo && entry.key.hi == key.hi && entry.account == account;
    }
    static bool is_old(const Entry& entry, i64 now_ns) { return entry.status && now_ns - entry.ended_ns >= DAY_NS; }
    u32 oldest(i32 account) const { return ended_[account * size_t(kept_ + 1) + queues_[account].first]; }

    void forget_oldest(i32 account) {
        const u32 entry = oldest(account);
        Queue& queue = queues_[account];
        if (++queue.first > kept_) queue.first = 0;
        --queue.count;
        u32 at = entries_[entry].tag & mask_;
        while (places_[at].entry != entry) at = (at + 1) & mask_;
        for (u32 next = (at + 1) & mask_; places_[next].entry; next = (next + 1) & mask_)
            if (((next - places_[next].tag) & mask_) >= ((next - at) & mask_)) {
                places_[at] = places_[next];
                at = next;
            }
        places_[at] = {0, 0};
        entries_[entry].slot = free_;
        free_ = entry;
    }

    const u32 kept_;
    Place* places_;
    Entry* entries_;
    u32 *entry_of_, *ended_;
    Queue* queues_;
    u32 mask_, free_ = 0, high_water_ = 0;
};
