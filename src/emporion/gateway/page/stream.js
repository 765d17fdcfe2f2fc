// The connection to the venue: connects by itself, again and again, and notices when it went quiet.

const QUIET_MS = 5000; // The venue says something at least each second.
const RETRY_MS_MAX = 5000;

export class Stream {
  #socket = null;
  #retryMs = 500;
  #quiet = 0;
  #watched = "";

  /** `onMessage(message)` for each message, `onState("connecting" | "live" | "down", retryMs)` on each change. */
  constructor(onMessage, onState) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.#connect();
  }

  /** See this instrument in full from now on, across reconnects. */
  watch(instrument) {
    this.#watched = instrument;
    this.#send();
  }

  #connect() {
    const url = new URL("/v1/stream", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#listenForQuiet(socket);
    socket.onopen = () => this.#send();
    socket.onmessage = (event) => {
      if (socket !== this.#socket) return;
      this.#listenForQuiet(socket);
      this.#retryMs = 500;
      this.onState("live");
      this.onMessage(JSON.parse(event.data));
    };
    socket.onclose = () => this.#lost(socket);
  }

  #send() {
    if (this.#watched && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ op: "watch", instrument: this.#watched }));
    }
  }

  #listenForQuiet(socket) {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => { socket.close(); this.#lost(socket); }, QUIET_MS);
  }

  #lost(socket) {
    if (socket !== this.#socket) return; // Already given up on this one.
    this.#socket = null;
    clearTimeout(this.#quiet);
    this.onState("down", this.#retryMs);
    setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }
}
