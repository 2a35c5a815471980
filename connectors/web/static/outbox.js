// What the visitor has written and the server has not yet acknowledged. It outlives a reload, and
// goes out again under the same id, which the server stores once.

const TOKEN = "frontdesk.token", PENDING = "frontdesk.pending", SEEN = "frontdesk.seen";

const fallback = new Map();
let who = "", pass = null;

// What belongs to a customer whom the site named ends with the tab, and no other one finds it.
const place = (key) => who ? [sessionStorage, `${key}:${who}`] : [localStorage, key];

function read(key) {
  try {
    const [storage, name] = place(key);
    return storage.getItem(name);
  } catch {
    return fallback.get(key + who) ?? null;
  }
}

function write(key, value) {
  try {
    const [storage, name] = place(key);
    storage.setItem(name, value);
  } catch {
    fallback.set(key + who, value);
  }
}

export const memory = {
  // Whose memory this is: the site's id of a customer, "" for a visitor whom nobody named.
  get who() { return who; },
  set who(value) { [who, pass] = [value, null]; },
  // A customer's own is in no storage: every page has to say anew who is there.
  get token() { return who ? pass : read(TOKEN); },
  set token(value) {
    if (who) pass = value;
    else write(TOKEN, value);
  },
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
    this.load();
  }

  // Begin with what the memory's present owner has left over.
  load() {
    this.hurry();
    this.waiting = new Map(stored().map((message) => [message.id, message]));
    this.presses = new Map();
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
    if (!this.slow) this.send(frame);
    return frame.id;
  }

  // After a welcome: whatever is still open, in its order.
  flush() {
    this.hurry();
    for (const message of this.waiting.values()) this.transmit(message);
    for (const frame of this.presses.values()) this.send(frame);
  }

  hurry() {
    clearTimeout(this.slow);
    this.slow = this.pausing = null;
  }

  // The server wants a pause of so many seconds. From then on one goes out after the other, so
  // that nothing overtakes what was refused and the rest is not refused as well.
  later(seconds) {
    clearTimeout(this.slow);
    this.pausing = true;
    this.slow = setTimeout(() => this.next(), seconds * 1000);
  }

  next() {
    this.pausing = false;
    const [message] = this.waiting.values(), [frame] = this.presses.values();
    if (message) this.send(written(message));
    else if (frame) this.send(frame);
    else this.hurry();
  }

  // Done with, one way or the other; true for a message.
  settle(id) {
    const press = this.presses.delete(id), message = this.waiting.delete(id);
    if (message) write(PENDING, JSON.stringify(stored().filter((one) => one.id !== id)));
    if ((press || message) && this.slow && !this.pausing) this.next();
    return message;
  }

  transmit(message) {
    if (!this.slow) this.send(written(message));
  }
}

const written = ({ id, text, attachments }) =>
  ({ type: "message", id, text, attachments: attachments.map((file) => file.id) });
