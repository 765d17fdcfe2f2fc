import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Chained, Stream } from "../src/wire/stream";
import type { Message, Request } from "../src/wire/types";

// A socket without a network: what the venue would send is put in by hand.
class Socket {
  static OPEN = 1;
  static made: Socket[] = [];
  readyState = 0;
  sent: Request[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() { Socket.made.push(this); }
  send(text: string) { this.sent.push(JSON.parse(text) as Request); }
  close() { this.readyState = 3; }
  open() { this.readyState = 1; this.onopen?.(); this.hear(HELLO); }
  hear(...messages: Message[]) { this.onmessage?.({ data: JSON.stringify(messages) }); }
  drop() { this.readyState = 3; this.onclose?.(); }
}

const HELLO: Message = { type: "hello", seq: 5, version: "1", simulation: true, interval_ms: 50, account: null };
const trades = (seq: number, prev: number): Message => ({ type: "trades", instrument: "X/Y", seq, prev, items: [] });
const asked = (socket: Socket) => socket.sent.filter((one) => one.op === "subscribe");

let states: string[];
let stream: Stream;
let taken: Chained[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("location", { href: "http://venue/", protocol: "http:" });
  vi.stubGlobal("document", { hidden: false, addEventListener: () => undefined });
  vi.stubGlobal("addEventListener", () => undefined);
  Socket.made = [];
  [states, taken] = [[], []];
  stream = new Stream({ state: (state) => states.push(state), hello: () => undefined, relisted: () => undefined, seq: () => undefined });
  stream.follow({ channel: "trades", instrument: "X/Y" }, { take: (message) => { taken.push(message); } });
  stream.start();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the stream", () => {
  it("asks for what is followed, and hands it over in order", () => {
    const [socket] = Socket.made;
    socket!.open();
    expect(asked(socket!)).toMatchObject([{ op: "subscribe", subscription: { channel: "trades", instrument: "X/Y" } }]);
    socket!.hear(trades(7, 0), trades(9, 7));
    expect(taken.map((one) => one.seq)).toEqual([7, 9]);
    expect(states).toEqual(["live"]);
  });

  it("comes back by itself and goes on after the last sequence", () => {
    Socket.made[0]!.open();
    Socket.made[0]!.hear(trades(7, 0));
    Socket.made[0]!.drop();
    expect(states.at(-1)).toBe("down");
    vi.advanceTimersByTime(1000);
    Socket.made[1]!.open();
    expect(asked(Socket.made[1]!)).toMatchObject([{ after_seq: 7 }]);
    Socket.made[1]!.hear(trades(11, 7));
    expect(taken.map((one) => one.seq)).toEqual([7, 11]);
    expect(states.at(-1)).toBe("live");
  });

  it("starts over with an image when the chain is broken, once", () => {
    const [socket] = Socket.made;
    socket!.open();
    socket!.hear(trades(7, 0), trades(12, 9), trades(13, 12));
    expect(taken.map((one) => one.seq)).toEqual([7]);
    vi.advanceTimersByTime(1000);
    expect(asked(socket!)).toHaveLength(2);
    expect(asked(socket!)[1]).not.toHaveProperty("after_seq");
    socket!.hear(trades(15, 0), trades(16, 15));
    expect(taken.map((one) => one.seq)).toEqual([7, 15, 16]);
  });

  it("takes silence for a loss", () => {
    Socket.made[0]!.open();
    vi.advanceTimersByTime(10_000);
    expect(states).toContain("down");
    expect(Socket.made.length).toBeGreaterThan(1);
  });

  it("waits longer and longer while the venue is away", () => {
    const made: number[] = [];
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      Socket.made.at(-1)!.drop();
      const before = Date.now();
      const count = Socket.made.length;
      while (Socket.made.length === count) vi.advanceTimersByTime(50);
      made.push(Date.now() - before);
    }
    expect(made[0]).toBeLessThanOrEqual(400);
    expect(made.at(-1)).toBe(8000);
    expect(made).toEqual([...made].sort((a, b) => a - b));
  });

  it("says what was missed and goes on from there", () => {
    const missed = vi.fn();
    stream.follow({ channel: "fills", account: "ann" }, { take: (message) => { taken.push(message); }, missed });
    const [socket] = Socket.made;
    socket!.open();
    socket!.hear({ type: "fills", account: "ann", seq: 4, prev: 0, items: [] });
    socket!.hear({ type: "missed", subscription: { channel: "fills", account: "ann" }, after_seq: 4, seq: 50 });
    socket!.hear({ type: "fills", account: "ann", seq: 60, prev: 50, items: [] });
    expect(missed).toHaveBeenCalledOnce();
    expect(taken.map((one) => one.seq)).toEqual([4, 60]);
  });
});
