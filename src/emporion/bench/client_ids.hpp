// Client ids of open orders: what an order's own number spares an engine.
#pragma once

#include "rows.hpp"

// (account, client id) -> slot: linear probing, backward-shift deletion, at most half full.
class ClientIds {
public:
    struct Key { i64 hi, lo; };

    ClientIds(size_t orders, const Order* order_rows) : orders_(order_rows) {
        size_t size = 64;
        while (size < 2 * orders) size *= 2;
        mask_ = u32(size - 1);
        places_ = make_table<Place>(size);
        keys_ = make_table<Key>(orders);
    }
    ~ClientIds() { std::free(places_); std::free(keys_); }

    u32 find(i32 account, Key key) const {
        const u32 tag = hash(account, key);
        for (u32 at = tag & mask_; places_[at].slot; at = (at + 1) & mask_)
            if (places_[at].tag == tag && fits(places_[at].slot, account, key)) return places_[at].slot;
        return 0;
    }
    void insert(i32 account, Key key, u32 slot) {
        const u32 tag = hash(account, key);
        u32 at = tag & mask_;
        while (places_[at].slot) at = (at + 1) & mask_;
        places_[at] = {tag, slot};
        keys_[slot] = key;
    }
    void erase(u32 slot) {
        u32 at = hash(orders_[slot].account, keys_[slot]) & mask_;
        while (places_[at].slot != slot) at = (at + 1) & mask_;
        for (u32 next = (at + 1) & mask_; places_[next].slot; next = (next + 1) & mask_)
            if (((next - places_[next].tag) & mask_) >= ((next - at) & mask_)) {
                places_[at] = places_[next];
                at = next;
            }
        places_[at] = {0, 0};
    }
    Key key(u32 slot) const { return keys_[slot]; }

    FETCHES void fetch(i32 account, Key key) const { __builtin_prefetch(&places_[hash(account, key) & mask_]); }
    FETCHES void fetch_key(u32 slot) const { __builtin_prefetch(&keys_[slot]); }
    u32 likely(i32 account, Key key) const { return places_[hash(account, key) & mask_].slot; }

private:
    struct Place { u32 tag, slot; };
    static u32 hash(i32 account, Key key) {
        u64 h = (u64(key.lo) ^ (u64(key.hi) << 32 | u64(key.hi) >> 32)) + u64(account) * 0x9E3779B97F4A7C15u;
        h *= 0xD6E8FEB86659FD93u;
        return u32(h >> 32);
    }
    bool fits(u32 slot, i32 account, Key key) const {
        return keys_[slot].lo == key.lo && keys_[slot].hi == key.hi && orders_[slot].account == account;
    }
    const Order* orders_;
    Place* places_;
    Key* keys_;
    u32 mask_;
};
