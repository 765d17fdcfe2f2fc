// Program of two acts, started by reference.py; figures go to stdout as one JSON object.
//
//   reference generate out=FILE ...   draws the commands of a mix and writes their rows
//   reference run in=FILE ...         applies them and times itself
//
// Everything else is given as name=number. The setup (assets, accounts, deposits) is not executed:
// what it comes to is given in `Terms`.
#include <time.h>

#include <map>
#include <memory>
#include <string>

#include "draw.hpp"

using Options = std::map<std::string, std::string>;

static i64 number(const Options& options, const char* name) {
    const auto found = options.find(name);
    if (found == options.end()) { std::fprintf(stderr, "reference: %s is missing\n", name); std::exit(2); }
    return std::stoll(found->second);
}

static Terms read_terms(const Options& options) {
    const auto of = [&](const char* name) { return number(options, name); };
    return {of("accounts"), of("instruments"), of("low_ticks"), of("base_atoms_per_lot"), of("atoms_per_tick_lot"),
            of("maker_ppm"), of("taker_ppm"), of("base_atoms"), of("quote_atoms"), of("orders"),
            of("client_ids_kept"), of("first_seq")};
}

static std::FILE* open_file(const Options& options, const char* name, const char* mode) {
    std::FILE* file = std::fopen(options.at(name).c_str(), mode);
    if (!file) { std::perror(options.at(name).c_str()); std::exit(1); }
    return file;
}

template <typename Row>
static void write_rows(std::FILE* file, const Row* rows, size_t count) {
    if (std::fwrite(rows, sizeof(Row), count, file) != count) { std::perror("reference: write"); std::exit(1); }
}

template <bool MANY, bool IDS>
static void generate(const Options& options) {
    const auto of = [&](const char* name) { return number(options, name); };
    const Wanted wanted{of("commands"), of("resting"), of("levels"), of("seed"), of("start_ns"), of("qty_max"),
                        {of("add"), of("cancel"), of("move")}};
    std::vector<Command> rows;
    rows.reserve(wanted.commands + 2 * wanted.resting);
    auto drawer = std::make_unique<Drawer<MANY, IDS>>(read_terms(options), wanted);
    drawer->draw(rows);
    std::FILE* file = open_file(options, "out", "wb");
    write_rows(file, rows.data(), rows.size());
    std::fclose(file);
    std::printf("{\"prefill\": %zu, \"commands\": %zu, \"resting\": %zu, \"levels\": %lld}\n", drawer->prefill(),
                rows.size() - drawer->prefill(), drawer->open(), (long long)drawer->levels());
}

// The same sums as kernel.py makes of the other side's trades, events and balances.
static u64 mix(u64 x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
template <typename... Words>
static u64 digest(u64 first, Words... words) {
    u64 sum = mix(first);
    ((sum = mix(sum ^ u64(words))), ...);
    return sum;
}
struct Sums {
    u64 fills = 0, trades = 0, events = 0, event_sum = 0;
    void add(const Event* event, const Event* end) {
        for (; event != end; ++event) {
            u64 words[8];
            std::memcpy(words, event, sizeof words);
            event_sum += digest(++events, words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
            if (event->kind == FILLED)
                trades += digest(++fills, event->order_id, event->price_ticks, event->qty_lots, event->amount_atoms);
        }
    }
};

template <bool MANY, bool IDS, bool AHEAD>
static u64 balance_sum(Engine<MANY, IDS, AHEAD>& engine) {
    u64 sum = digest(2, QUOTE_ASSET, engine.fees(), 0);
    for (i32 account = 0; account < engine.terms().accounts; ++account) {
        const auto add = [&](i32 asset, const Balance& balance) {
            sum += digest(account + FIRST_ACCOUNT, asset, balance.free, balance.held);
        };
        add(QUOTE_ASSET, engine.quote(account));
        for (i32 at = 0; at < engine.terms().instruments; ++at) add(at + 2, engine.base(account, at));
    }
    return sum;
}

// As the other side: what other programs take of the processor is not counted.
static double processor_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

// Commands are taken in chunks whose events stay in cache, as a ring that is read behind them would.
constexpr size_t CHUNK = 1024;

template <bool MANY, bool IDS, bool AHEAD>
static void run(const Options& options) {
    std::FILE* file = open_file(options, "in", "rb");
    std::fseek(file, 0, SEEK_END);
    const size_t count = std::ftell(file) / sizeof(Command), prefill = number(options, "prefill");
    std::rewind(file);
    Command* rows = make_table<Command>(count + FAR + 1);
    if (std::fread(rows, sizeof(Command), count, file) != count) { std::perror("reference: read"); std::exit(1); }
    std::fclose(file);
    Event* ring = make_table<Event>(65536);
    const bool checks = number(options, "check");
    std::FILE* told = options.count("events") ? open_file(options, "events", "wb") : nullptr;

    std::string seconds;
    Sums sums;
    u64 balances = 0;
    for (i64 turn = 0; turn < number(options, "runs"); ++turn) {
        auto engine = std::make_unique<Engine<MANY, IDS, AHEAD>>(read_terms(options));
        const auto apply = [&](size_t from, size_t to) {
            for (size_t at = from; at < to; at += CHUNK) {
                const Event* end = engine->apply(rows + at, at + CHUNK < to ? CHUNK : to - at, ring);
                if (checks) sums.add(ring, end);
                if (told) write_rows(told, ring, end - ring);
            }
        };
        apply(0, prefill);
        const double start = processor_seconds();
        apply(prefill, count);
        seconds += (turn ? ", " : "") + std::to_string(processor_seconds() - start);
        if (checks) balances = balance_sum(*engine);
    }
    if (told) std::fclose(told);
    std::printf("{\"seconds\": [%s], \"commands\": %zu, \"fills\": %llu, \"events\": %llu, \"trades_sum\": \"%016llx\", "
                "\"events_sum\": \"%016llx\", \"balances_sum\": \"%016llx\"}\n",
                seconds.c_str(), count - prefill, (unsigned long long)sums.fills, (unsigned long long)sums.events,
                (unsigned long long)sums.trades, (unsigned long long)sums.event_sum, (unsigned long long)balances);
}

template <bool MANY, bool IDS>
static void act(const std::string& name, const Options& options) {
    if (name == "generate") generate<MANY, IDS>(options);
    else if (number(options, "ahead")) run<MANY, IDS, true>(options);
    else run<MANY, IDS, false>(options);
}

int main(int argc, char** argv) {
    if (argc < 2) { std::fprintf(stderr, "usage: reference generate|run name=value ...\n"); return 2; }
    Options options;
    for (int at = 2; at < argc; ++at) {
        const std::string text = argv[at];
        const size_t equals = text.find('=');
        options[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
    }
    const bool many = number(options, "instruments") > 1, ids = number(options, "client_ids");
    if (many) ids ? act<true, true>(argv[1], options) : act<true, false>(argv[1], options);
    else ids ? act<false, true>(argv[1], options) : act<false, false>(argv[1], options);
    return 0;
}
