// What the visitor has written and the server has not yet acknowledged. It outlives a reload, and
// goes out again under the same id, which the server stores once.

const TOKEN = "frontdesk.token", PENDING = "frontdesk.pending", SEEN = "frontdesk.seen";

const fallback = new Map();

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return fallback.get(key) ?? null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    fallback.set(key, value);
  }
}

export const memory = {
  get token() { return read(TOKEN); },
  set token(value) { write(TOKEN, value); },
  get seen() { return Number(read(SEEN)) || 0; },
  set seen(value) { write(SEEN, String(value)); },
  // Another tab was given a token of its own at the same moment, or started anew.
  onToken(changed) {
    addEventListener("storage", (event) => event.key === TOKEN && event.newValue && changed(event.newValue));
  },
};

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((b, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + b.toString(16).padStart(2, "0")).join("");
}

function stored() {
  try {
    const found = JSON.parse(read(PENDING));
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

export class Outbox {
  // `send` tries to send a frame and says whether it could.
  constructor(send) {
    this.send = send;
    this.waiting = new Map(stored().map((message) => [message.id, message]));
    this.presses = new Map();
    this.timers = new Map();
  }

  get messages() {
    return [...this.waiting.values()];
  }

  add(text, attachments) {
    const message = { id: uuid(), text, attachments, at: new Date().toISOString() };
    this.put(message);
    return message;
  }

  put(message) {
    this.waiting.set(message.id, message);
    write(PENDING, JSON.stringify([...stored().filter((one) => one.id !== message.id), message]));
    this.transmit(message);
  }

  press(seq, value) {
    const frame = { type: "press", id: uuid(), seq, value };
    this.presses.set(frame.id, frame);
    this.send(frame);
    return frame.id;
  }

  // After a welcome: whatever is still open, in its order.
  flush() {
    for (const message of this.waiting.values()) this.transmit(message);
    for (const frame of this.presses.values()) this.send(frame);
  }

  later(id, seconds) {
    clearTimeout(this.timers.get(id));
    this.timers.set(id, setTimeout(() => {
      const open = this.waiting.get(id);
      if (open) this.transmit(open);
      else if (this.presses.has(id)) this.send(this.presses.get(id));
    }, seconds * 1000));
  }

  // Done with, one way or the other; true for a message.
  settle(id) {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.presses.delete(id);
    if (!this.waiting.delete(id)) return false;
    write(PENDING, JSON.stringify(stored().filter((one) => one.id !== id)));
    return true;
  }

  transmit({ id, text, attachments }) {
    this.send({ type: "message", id, text, attachments: attachments.map((file) => file.id) });
  }
}
