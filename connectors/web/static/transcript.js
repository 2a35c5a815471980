// The conversation on the screen: every line once and in order, own unsent lines last.

import { el, face, icon, linked } from "./element.js";
import { Line } from "./line.js";
import { day, t } from "./strings.js";

const NEAR = 90, TYPING_FADES = 6000, SAME_GROUP = 5 * 60_000;

export class Transcript {
  // `actions` as for a line, and onRead(), called when the visitor reaches the newest line.
  constructor(actions) {
    this.actions = actions;
    this.list = el("ol", { className: "list" });
    this.pill = el("button", { type: "button", className: "pill", hidden: true }, icon("down"), t("newMessages"));
    this.scroller = el("div", { className: "scroller", tabIndex: 0, role: "log", ariaLabel: t("log"), ariaLive: "off" }, this.list);
    this.node = el("div", { className: "transcript" }, this.scroller, this.pill);
    this.pill.addEventListener("click", () => this.toEnd(true));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // A picture that loads, a keyboard that opens: whoever was at the end stays there.
    const stay = new ResizeObserver(() => this.following && this.toEnd());
    stay.observe(this.list);
    stay.observe(this.scroller);
    this.clear();
  }

  clear() {
    this.lines = new Map();
    this.unsent = new Map();
    this.asking = [];
    this.last = 0;
    this.delivered = this.answered = 0;
    this.until = 0;
    this.following = true;
    this.draft = this.dots = this.hello = this.newest = this.speaker = this.shownDay = null;
    this.list.replaceChildren();
  }

  greet(text, name) {
    this.hello?.node.remove();
    this.hello = null;
    if (!text) return;
    this.hello = new Line({ author: { kind: "bot", name }, text, at: Date.now() }, this.actions);
    this.hello.node.classList.add("greeting", "first", "last");
    this.list.prepend(this.hello.node);
  }

  // Until `seq` is shown, lines are old news: neither announced nor animated.
  settle(seq) {
    this.until = seq;
    this.calm();
  }

  calm() {
    const settling = this.last < this.until;
    this.node.classList.toggle("settling", settling);
    this.scroller.ariaLive = settling ? "off" : "polite";
  }

  add(frame) {
    if (this.lines.has(frame.seq)) return;
    if (frame.author.kind !== "customer") this.hush();
    const was = frame.id && this.unsent.get(frame.id);
    if (was) this.take(was);
    const line = new Line(frame, this.actions);
    if (line.own) this.answer();
    if (frame.buttons?.length) this.asking.push(line);
    this.lines.set(frame.seq, line);
    this.last = Math.max(this.last, frame.seq);
    this.date(line);
    this.place(line);
    if (line.author.kind === "agent") this.answeredBy(line.seq);
    this.arrive(line.own && !was);
    this.calm();
  }

  // A line that is on its way, or was refused for `reason`.
  write(message) {
    if (this.unsent.has(message.id)) return;
    const line = new Line(message, this.actions);
    line.message = message;
    line.state = "sending";
    this.unsent.set(message.id, line);
    this.answer();
    this.list.append(line.node);
    this.tidy(line.node);
    if (!this.node.classList.contains("settling")) this.toEnd(true);
  }

  fail(id, reason) {
    const line = this.unsent.get(id);
    if (!line) return;
    line.state = reason ? "failed" : "sending";
    line.reason = reason;
    this.tidy(line.node);
  }

  stored({ id, seq, at }) {
    const line = this.unsent.get(id);
    if (!line) return;
    this.take(line);
    this.last = Math.max(this.last, seq);
    if (this.lines.has(seq)) return;
    line.seq = seq;
    if (at) line.at = new Date(at);
    this.lines.set(seq, line);
    this.date(line);
    this.place(line);
    this.arrive(false);
  }

  take(line) {
    const before = line.node.previousElementSibling;
    this.unsent.delete(line.id);
    line.node.remove();
    if (before) this.tidy(before);
  }

  edit(seq, text) {
    const line = this.lines.get(seq);
    line?.edit(text);
    if (line) this.tidy(line.node);
  }

  remove(seq) {
    const line = this.lines.get(seq);
    line?.remove();
    if (line) this.tidy(line.node);
  }

  // The agents have everything up to `seq`, which does not say that anybody has read it.
  deliver(seq) {
    this.delivered = Math.max(this.delivered, seq);
    if (this.newest) this.status(this.newest);
  }

  // Whoever answers has read what stands above the answer.
  answeredBy(seq) {
    this.answered = Math.max(this.answered, seq);
    if (this.newest) this.status(this.newest);
  }

  answer() {
    for (const line of this.asking.splice(0)) line.answered();
  }

  compose(author) {
    this.speaker = author;
    if (this.draft) return;
    if (!this.dots) {
      const name = author.name || t("assistant");
      const bubble = el("div", { className: "bubble" }, el("i"), el("i"), el("i"));
      const who = el("div", { className: "who" }, face(author.name, author.avatar), el("bdi", {}, name));
      bubble.setAttribute("aria-label", t("typing", { name }));
      this.dots = el("li", { className: `line ${author.kind} dots last` }, who, bubble);
      this.perform(this.dots, author);
    }
    clearTimeout(this.fading);
    this.fading = setTimeout(() => this.hush(), TYPING_FADES);
  }

  sketch(text) {
    if (!text) return this.hush();
    if (!this.draft) {
      this.hush();
      const author = this.speaker ?? { kind: "bot" };
      this.draft = new Line({ author, text: "", at: Date.now() }, this.actions);
      this.draft.node.classList.add("draft", "last");
      this.draft.node.ariaHidden = "true";
      this.perform(this.draft.node, author);
    }
    this.draft.bubble.replaceChildren(el("p", {}, ...linked(text)));
    this.follow();
  }

  // Show at the end what is still being made, under its author's name unless that stands there.
  perform(node, { kind, name = "" }) {
    const before = this.list.lastElementChild?.line?.author;
    node.classList.toggle("first", before?.kind !== kind || (before.name ?? "") !== name);
    this.list.append(node);
    this.follow();
  }

  hush() {
    clearTimeout(this.fading);
    this.draft?.node.remove();
    this.dots?.remove();
    this.draft = this.dots = null;
  }

  date(line) {
    if (this.shownDay === day(line.at) && this.lines.size > 1) return;
    this.shownDay = day(line.at);
    this.put(el("li", { className: "day" }, el("span", {}, this.shownDay)));
  }

  place(line) {
    this.put(line.node);
    // Only the newest own line says how far it has come; it speaks for those before.
    const before = this.newest;
    if (line.own) this.newest = line;
    if (line.own && before) this.status(before);
    this.tidy(line.node);
  }

  // Before whatever is not in the transcript: unsent lines, the draft, the typing sign.
  put(node) {
    const [unsent] = this.unsent.values();
    this.list.insertBefore(node, unsent?.node ?? this.draft?.node ?? this.dots);
  }

  // Bring the grouping and the marks around `node` up to date.
  tidy(node) {
    for (const at of [node.previousElementSibling, node, node.nextElementSibling]) {
      const line = at?.line;
      if (!line) continue;
      at.classList.toggle("first", !sameGroup(at.previousElementSibling?.line, line));
      at.classList.toggle("last", !sameGroup(line, at.nextElementSibling?.line));
      this.status(line);
    }
  }

  status(line) {
    if (line.seq === null) line.mark(line.state);
    else if (line !== this.newest || line.node.classList.contains("gone")) line.mark("");
    else line.mark(line.seq < this.answered ? "seen" : line.seq <= this.delivered ? "delivered" : "sent");
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  arrive(own) {
    if (this.following || own || this.last < this.until) this.toEnd();
    else this.pill.hidden = false;
    if (this.following) this.actions.onRead();
  }

  follow() {
    if (this.following) this.toEnd();
  }

  toEnd(smooth) {
    const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.following = true;
    this.pill.hidden = true;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "instant" : "smooth" });
  }

  scrolled() {
    const { scrollTop } = this.scroller, up = scrollTop < (this.top ?? 0);
    this.top = scrollTop;
    if (this.atEnd) {
      this.following = true;
      this.pill.hidden = true;
      this.actions.onRead();
    } else if (up) this.following = false;
  }
}

function sameGroup(a, b) {
  return Boolean(a && b) && a.state !== "failed" && a.author.kind === b.author.kind &&
    (a.author.name ?? "") === (b.author.name ?? "") && a.author.kind !== "system" &&
    !a.choices.childElementCount && b.at - a.at < SAME_GROUP;
}
