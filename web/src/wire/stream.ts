// The WebSocket: connects by itself again and again, goes on from the last sequence, notices when it went quiet.

import type { Hello, Message, Request, Subscription } from "./types";

export type LinkState = "connecting" | "live" | "down";

/** A message that belongs to a subscription's chain. */
export type Chained = Extract<Message, { prev: number }>;

export interface Follower {
  /** One message of the chain, in order. False: start over with an image. */
  take(message: Chained): boolean | void;
  /** Some messages cannot be had. What was missed may be fetched by REST; the chain goes on after it. */
  missed?(): void;
  /** An error answer to the subscription. */
  refused?(code: string, detail: string): void;
}

interface Followed {
  subscription: Subscription;
  follower: Follower;
  seq: number; // Of the last message; 0 before the first.
  resumed: boolean; // Whether the next message is the first after coming back.
  broken: boolean; // An image is on order; what comes before it is of no use.
}

const QUIET_MS = 4000; // The venue says something at least each second.
const RETRY_MS_FIRST = 400;
const RETRY_MS_MAX = 8000;
const RESTART_PAUSE_MS = 250; // Before a broken chain asks for an image again, so that a fault cannot spin.

export class Stream {
  #socket: WebSocket | null = null;
  #followed = new Map<string, Followed>();
  #asked = new Map<number, string>(); // Request id -> key.
  #nextId = 1;
  #retryMs = RETRY_MS_FIRST;
  #watchdog = 0;
  #retry = 0;
  #stopped = true;
  state: LinkState = "connecting";

  constructor(
    private readonly hear: {
      state(state: LinkState, retryMs: number): void;
      hello(message: Hello): void;
      relisted(): void;
      seq(seq: number, tsNs: string | null): void;
    },
  ) {
    // A laptop that wakes, or a network that is back, should not wait for the timer.
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.#hurry(); });
  }

  start(): void {
    this.#stopped = false;
    if (!this.#socket) this.#connect();
  }

  /** Connect anew, as somebody else perhaps. */
  restart(): void {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#retry);
    socket?.close();
    this.#retryMs = RETRY_MS_FIRST;
    this.#tell("connecting"); // Meant, and no loss.
    if (!this.#stopped) this.#connect();
  }

  /** Follow from now on, across reconnects. The answer ends it. */
  follow(subscription: Subscription, follower: Follower): () => void {
    const key = keyOf(subscription);
    const followed: Followed = { subscription, follower, seq: 0, resumed: false, broken: false };
    this.#followed.set(key, followed);
    this.#subscribe(key, followed);
    return () => {
      if (this.#followed.get(key) !== followed) return;
      this.#followed.delete(key);
      this.#send({ op: "unsubscribe", subscription, id: this.#id(key) });
    };
  }

  #connect(): void {
    const url = new URL("/v1/stream", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    if (this.state === "live") this.#tell("down");
    this.#listenForQuiet(socket);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#asked.clear();
      for (const [key, followed] of this.#followed) this.#subscribe(key, followed);
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket !== this.#socket) return;
      this.#listenForQuiet(socket);
      for (const message of JSON.parse(event.data) as Message[]) this.#take(message);
    };
    socket.onclose = () => this.#lost(socket);
  }

  #take(message: Message): void {
    switch (message.type) {
      case "hello":
        this.#retryMs = RETRY_MS_FIRST;
        this.hear.hello(message);
        this.hear.seq(message.seq, null);
        this.#tell("live");
        return;
      case "beat":
        this.hear.seq(message.seq, message.ts_ns);
        return;
      case "relisted":
        this.hear.relisted();
        return;
      case "missed": {
        const followed = this.#followed.get(keyOf(message.subscription));
        if (!followed) return;
        followed.seq = message.seq;
        followed.resumed = true;
        followed.follower.missed?.();
        return;
      }
      case "error": {
        const key = this.#asked.get(message.id);
        if (key) this.#followed.get(key)?.follower.refused?.(message.code, message.detail);
        return;
      }
      case "subscribed":
      case "unsubscribed":
        this.#asked.delete(message.id);
        return;
      case "authenticated":
      case "pong":
        return;
      default:
        this.#chained(message);
    }
  }

  #chained(message: Chained): void {
    const key = keyOfMessage(message);
    const followed = this.#followed.get(key);
    if (!followed) return; // Unsubscribed while this was under way.
    const whole = message.prev === 0 || ("image" in message && message.image);
    const follows = message.prev === followed.seq || (followed.resumed && message.prev <= followed.seq);
    const fits = whole || (followed.seq > 0 && follows);
    const good = fits && followed.follower.take(message) !== false;
    followed.resumed = false;
    if (good) {
      followed.seq = message.seq;
      followed.broken = false;
      return;
    }
    if (followed.broken) return;
    followed.seq = 0;
    followed.broken = true;
    setTimeout(() => { if (this.#followed.get(key) === followed && followed.broken) this.#again(key, followed); }, RESTART_PAUSE_MS);
  }

  #again(key: string, followed: Followed): void {
    this.#send({ op: "unsubscribe", subscription: followed.subscription, id: this.#id("") });
    this.#subscribe(key, followed);
  }

  #subscribe(key: string, followed: Followed): void {
    followed.resumed = followed.seq > 0;
    followed.broken = false;
    const request: Request = { op: "subscribe", subscription: followed.subscription, id: this.#id(key) };
    if (followed.seq > 0) request.after_seq = followed.seq;
    this.#send(request);
  }

  #id(key: string): number {
    const id = this.#nextId;
    this.#nextId += 1;
    if (key) this.#asked.set(id, key);
    return id;
  }

  #send(request: Request): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  #listenForQuiet(socket: WebSocket): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = window.setTimeout(() => { socket.close(); this.#lost(socket); }, QUIET_MS);
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return; // Already given up on this one.
    this.#socket = null;
    clearTimeout(this.#watchdog);
    const wait = this.#retryMs * (0.75 + Math.random() / 2); // Not everybody at once after a restart.
    this.#tell("down", wait);
    this.#retry = window.setTimeout(() => this.#connect(), wait);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #hurry(): void {
    if (this.#socket || this.#stopped) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #tell(state: LinkState, retryMs = 0): void {
    this.state = state;
    this.hear.state(state, retryMs);
  }
}

function keyOf(subscription: Subscription): string {
  const { channel, instrument, interval, account } = subscription;
  return `${channel}|${instrument ?? ""}|${interval ?? ""}|${account ?? ""}`;
}

function keyOfMessage(message: Chained): string {
  const instrument = "instrument" in message ? (message.instrument ?? "") : "";
  const interval = "interval" in message ? message.interval : "";
  const account = "account" in message ? message.account : "";
  return `${message.type}|${instrument}|${interval}|${account}`;
}
