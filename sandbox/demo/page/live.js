// The line to the demo: whole sections come in, what the visitor does goes out.

export class Live {
  constructor(onState) {
    this.listeners = new Map();
    this.waiting = new Map();
    this.number = 0;
    this.onState = onState;
    this.pause = 300;
  }

  on(section, listener) {
    this.listeners.set(section, listener);
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/demo/live`);
    this.socket.onopen = () => {
      this.pause = 300;
      this.onState(true);
    };
    this.socket.onmessage = (frame) => this.#take(JSON.parse(frame.data));
    this.socket.onclose = () => this.#lost();
  }

  // Resolves to null, or to the words in which the platform refused.
  send(command) {
    if (this.socket.readyState !== WebSocket.OPEN) {
      return Promise.resolve("The demo is not running any more.");
    }
    const id = ++this.number;
    this.socket.send(JSON.stringify({ ...command, id }));
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  #take(message) {
    if ("section" in message) {
      this.listeners.get(message.section)?.(message.scene);
      return;
    }
    this.waiting.get(message.answer)?.(message.refusal);
    this.waiting.delete(message.answer);
  }

  #lost() {
    for (const resolve of this.waiting.values()) resolve("The connection broke off: try again.");
    this.waiting.clear();
    this.onState(false);
    setTimeout(() => this.connect(), this.pause * (0.7 + Math.random() * 0.6));
    this.pause = Math.min(this.pause * 2, 5000);
  }
}
