// One WebSocket that is always there or on its way back, however often the network goes.

const PING_EVERY = 25_000, ANSWER_WITHIN = 10_000, SLOWEST = 30_000, FIRST = 500;

export class Connection {
  // `hello` gives the first frame; `onFrame` gets every frame; `onState` "open", "lost" or "offline".
  constructor(url, hello, onFrame, onState) {
    Object.assign(this, { url, hello, onFrame, onState });
    this.socket = null;
    this.welcomed = false;
    this.failures = 0;
    this.held = 0;
    this.away = false;
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => {
      this.away = true;
      this.onState("offline");
    });
    addEventListener("pageshow", (event) => event.persisted && this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  start() {
    clearTimeout(this.retry);
    this.drop();
    const socket = this.socket = new WebSocket(this.url);
    this.expect(ANSWER_WITHIN);
    socket.onopen = () => this.raw(this.hello());
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => this.lose(event.reason);
  }

  send(frame) {
    if (!this.welcomed) return false;
    this.raw(frame);
    return true;
  }

  // Reconnect at once when there is reason to hope; check a connection that may have died asleep.
  wake() {
    if (this.welcomed) this.ask();
    else if (!this.socket && Date.now() >= this.held) {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.start(), Math.random() * 400);
    }
  }

  // Leave this conversation's socket and come back under another token.
  restart() {
    this.failures = this.held = 0;
    this.start();
  }

  // Stay away until somebody says `restart`.
  rest() {
    clearTimeout(this.retry);
    this.held = Infinity;
    this.drop();
  }

  raw(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  receive(text) {
    clearTimeout(this.deadline);
    clearTimeout(this.pinging);
    this.pinging = setTimeout(() => this.ask(), PING_EVERY);
    const frame = JSON.parse(text);
    if (frame.type === "welcome") {
      this.welcomed = true;
      this.failures = 0;
    }
    this.onFrame(frame);
    // A short gap may leave the socket as it was: whatever comes through it says so.
    if (frame.type === "welcome" || this.welcomed && this.away) {
      this.away = false;
      this.onState("open");
    }
  }

  ask() {
    this.raw({ type: "ping" });
    this.expect(ANSWER_WITHIN);
  }

  expect(within) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lose(""), within);
  }

  drop() {
    clearTimeout(this.deadline);
    clearTimeout(this.pinging);
    this.welcomed = false;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  lose(reason) {
    this.drop();
    this.onState(navigator.onLine === false ? "offline" : "lost");
    const asked = /^retry_after=(\d{1,3}(\.\d+)?)/.exec(reason);
    const wait = asked ? asked[1] * 1000 + Math.random() * 500 : this.pause();
    this.held = asked ? Date.now() + wait : 0;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.start(), wait);
  }

  // Anything between the shortest and a growing longest wait, so that many browsers spread out.
  pause() {
    const longest = Math.min(SLOWEST, 2 * FIRST * 2 ** this.failures++);
    return FIRST + Math.random() * (longest - FIRST);
  }
}
