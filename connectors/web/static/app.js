// Puts the chat together: frames go to the parts of the screen, the visitor's deeds to the server.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { el } from "./element.js";
import { Header } from "./header.js";
import { host, wishes } from "./host.js";
import { memory, Outbox } from "./outbox.js";
import { speak, t } from "./strings.js";
import { paint } from "./theme.js";
import { Transcript } from "./transcript.js";

await speak(wishes.language);
paint(wishes.color);

const NAMED_WITHIN = 10_000;

// `identity` is the site's word about who is there, until the server has taken it for a token.
let token = memory.token, asked = null, identity = null, refusals = 0;
const presses = new Map();

const header = new Header({ title: wishes.title, embedded: host.embedded, onClose: () => host.tell("close") });
const transcript = new Transcript({ press, retry, onRead: read });
const composer = new Composer({ onSend: write, token: () => token });
const outbox = new Outbox((frame) => connection.send(frame));
const connection = new Connection(
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/widget/socket`,
  hello, receive, (state) => header.connected(state),
);

function hello() {
  asked = token;
  const { language, page } = wishes;
  return { type: "hello", token, last_seq: transcript.last, language, page, identity };
}

function receive(frame) {
  switch (frame.type) {
    case "welcome": return welcome(frame);
    case "message": return message(frame);
    case "ack": return settled(frame);
    case "error": return refused(frame);
    case "draft": return transcript.sketch(frame.text);
    case "typing": return transcript.compose(frame.author);
    case "edit": return transcript.edit(frame.seq, frame.text);
    case "delete": return transcript.remove(frame.seq);
    case "mode": return header.turn(frame.mode, frame.agent);
    case "seen": return transcript.deliver(frame.seq);
  }
}

function welcome(frame) {
  if (memory.who && !identity && frame.token !== asked) return doubted();
  identity = null;
  refusals = 0;
  const stored = memory.token;
  // Two tabs met the server at the same moment: both go on with the token that was kept first.
  if (frame.token !== asked && stored && stored !== asked) return adopt(stored);
  if (frame.token !== asked || frame.seq < transcript.last) {
    if (asked) memory.seen = 0;
    transcript.clear();
  }
  memory.token = token = frame.token;
  configure(frame.config);
  header.turn(frame.mode);
  transcript.settle(frame.seq);
  if (frame.seq) host.tell("used");
  for (const open of outbox.messages) transcript.write(open);
  outbox.flush();
}

function adopt(other) {
  token = other;
  transcript.clear();
  setTimeout(() => connection.restart());
}

// The page says who is there: a customer by a signed token, or with null nobody it knows.
function named(signed) {
  const who = signed ? subject(signed) : "";
  clearTimeout(naming);
  if (who === memory.who && (token || !who) && connection.socket) return;
  memory.who = who;
  identity = signed;
  token = memory.token;
  presses.clear();
  transcript.clear();
  outbox.load();
  connection.restart();
}

function subject(signed) {
  try {
    return String(JSON.parse(atob(signed.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
  } catch {
    return "?";
  }
}

// The server does not believe it, or not any more: ask the page once again.
function doubted() {
  identity = token = memory.token = null;
  if (refusals++) return named(null);
  connection.rest();
  host.tell("identify");
}

function configure(config) {
  if (!wishes.color) paint(config.color);
  header.entitle(wishes.title || config.title, config.name);
  composer.maxChars = config.max_chars;
  composer.uploads.maxMb = config.max_mb;
  transcript.greet(config.greeting, config.name);
}

function message(frame) {
  transcript.add(frame);
  if (frame.id) outbox.settle(frame.id);
  if (transcript.last >= transcript.until) count();
}

function settled(frame) {
  outbox.settle(frame.id);
  presses.delete(frame.id);
  transcript.stored(frame);
  host.tell("used");
}

function refused({ code, id, retry_after: after }) {
  if (code === "unauthorized") return doubted();
  if (!id) return;
  if (after !== undefined) {
    if (code === "rate_limited") composer.complain(t("slow"));
    outbox.later(after);
    return;
  }
  const reason = { too_long: "tooLong" }[code] || "refused";
  const files = outbox.messages.find((one) => one.id === id)?.attachments.length;
  outbox.settle(id);
  presses.get(id)?.lock(false);
  presses.delete(id);
  transcript.fail(id, t(files && code === "bad_frame" ? "expired" : reason));
}

function write(text, attachments) {
  transcript.write(outbox.add(text, attachments));
  host.tell("used");
}

function retry(line) {
  transcript.fail(line.id, "");
  outbox.put(line.message);
}

function press(line, button) {
  presses.set(outbox.press(line.seq, button.value), line);
  composer.focus();
}

// Seen is what stood on a visible screen; everything newer counts as unread.
function read() {
  if (!host.visible || document.hidden || !transcript.following) return;
  if (transcript.last > memory.seen) {
    memory.seen = transcript.last;
    connection.send({ type: "seen", seq: transcript.last });
  }
  count();
}

function count() {
  const { seen } = memory;
  const unread = [...transcript.lines.values()].filter((line) => line.seq > seen && !line.own).length;
  host.tell("unread", { count: host.visible && !document.hidden ? 0 : unread });
}

const page = el("main", {}, header.node, header.banner, transcript.node, composer.node);
document.body.append(page);
composer.acceptDrops(page);
document.addEventListener("visibilitychange", read);
memory.onToken((changed) => !memory.who && changed !== token && !transcript.lines.size && adopt(changed));
host.listen((focus) => {
  if (host.visible) transcript.follow();
  if (focus) composer.focus();
  read();
}, named);
const naming = setTimeout(() => connection.socket || connection.restart(), wishes.identity ? NAMED_WITHIN : 0);
if (wishes.identity) connection.rest();
