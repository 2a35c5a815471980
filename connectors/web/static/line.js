// One line of the conversation, as the visitor sees it.

import { anchor, el, face, icon, linked } from "./element.js";
import { clock, size, t } from "./strings.js";

const PLAYABLE = /^audio\/(mpeg|ogg|wav|webm|mp4|aac)$/;
const SHOWABLE = /^image\/(png|jpeg|gif|webp|avif)$/;

export class Line {
  // `message` is a frame, or what the outbox keeps; `actions` has press(line, button) and retry(line).
  constructor(message, actions) {
    this.actions = actions;
    this.seq = message.seq ?? null;
    this.id = message.id ?? "";
    this.author = message.author ?? { kind: "customer" };
    this.at = new Date(message.at);
    this.own = this.author.kind === "customer";
    this.bubble = el("div", { className: "bubble", dir: "auto" });
    this.foot = el("div", { className: "foot" });
    this.head = el("div", { className: "who" });
    this.choices = el("div", { className: "choices" });
    this.node = el("li", { className: `line ${this.author.kind}` }, this.head, this.bubble, this.choices, this.foot);
    this.node.line = this;
    if (!this.own && this.author.kind !== "system") this.describe();
    this.fill(message);
  }

  describe() {
    const name = this.author.name || t(this.author.kind === "bot" ? "assistant" : "someone");
    this.head.append(face(this.author.name, this.author.avatar), el("bdi", {}, name));
  }

  fill({ text, attachments = [], buttons = [], edited }) {
    this.text = text;
    const files = attachments.map(fileView);
    const words = text.trim() ? el("p", {}, ...linked(text)) : null;
    this.bubble.replaceChildren(...[words, ...files].filter(Boolean));
    this.node.classList.toggle("bare", !words && files.length === 1 && attachments[0].kind === "image");
    this.choices.replaceChildren(...buttons.map((button) => this.choice(button)).filter(Boolean));
    this.edited = Boolean(edited);
  }

  choice(button) {
    if (button.url) {
      const link = anchor(button.url, el("bdi", {}, button.label), icon("out"));
      if (link) link.className = "choice";
      return link;
    }
    const node = el("button", { type: "button", className: "choice", dir: "auto" }, button.label);
    node.addEventListener("click", () => this.choose(node, button));
    return node;
  }

  choose(node, button) {
    node.classList.add("chosen");
    this.lock(true);
    this.actions.press(this, button);
  }

  lock(locked) {
    for (const node of this.choices.querySelectorAll("button")) {
      node.disabled = locked;
      if (!locked) node.classList.remove("chosen");
    }
  }

  // Questions that were answered need no answers to choose from; links stay of use.
  answered() {
    for (const node of this.choices.querySelectorAll("button")) node.remove();
  }

  edit(text) {
    const files = [...this.bubble.children].filter((child) => child.tagName !== "P");
    this.text = text;
    this.bubble.replaceChildren(el("p", {}, ...linked(text)), ...files);
    this.edited = true;
  }

  remove() {
    this.bubble.replaceChildren(el("p", {}, t("deleted")));
    this.choices.replaceChildren();
    this.node.classList.remove("bare");
    this.node.classList.add("gone");
    this.edited = false;
  }

  // What stands below a group of lines: the time, and how far an own message has come.
  mark(status) {
    const parts = [this.edited && t("edited"), status !== "failed" && clock(this.at)];
    if (status === "sending") parts[1] = t("sending");
    if (["sent", "delivered", "seen"].includes(status)) parts.push(t(status));
    this.node.dataset.status = status;
    if (status !== "failed") {
      this.foot.replaceChildren(parts.filter(Boolean).join(" · "));
      return;
    }
    const again = el("button", { type: "button", className: "retry" }, t("retry"));
    again.addEventListener("click", () => this.actions.retry(this));
    this.foot.replaceChildren(el("span", {}, `${t("notSent")}. ${this.reason}`), " ", again);
  }
}

export function fileView({ kind, name, media_type: type, url, size: bytes }) {
  if (kind === "image" && SHOWABLE.test(type)) {
    const image = el("img", { src: url, alt: name || t("image"), loading: "lazy", decoding: "async" });
    const link = el("a", { className: "picture", href: url, target: "_blank", rel: "noopener" }, image);
    image.addEventListener("error", () => link.replaceWith(card(name, url, bytes)));
    return link;
  }
  if (kind === "audio" && PLAYABLE.test(type)) {
    return el("audio", { src: url, controls: true, preload: "none", title: name });
  }
  return card(name, url, bytes);
}

function card(name, url, bytes) {
  return el("a", { className: "file", href: url, target: "_blank", rel: "noopener", download: name || "" },
    icon("file"), el("span", {}, el("bdi", {}, name || t("file")), el("small", {}, size(bytes))));
}
