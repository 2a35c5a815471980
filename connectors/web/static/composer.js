// Where the visitor writes.

import { el, icon } from "./element.js";
import { t } from "./strings.js";
import { Uploads } from "./uploads.js";

const WARN_AT = 200;

export class Composer {
  // `onSend(text, attachments)` takes a finished message; `token` gives the visitor's token.
  constructor({ onSend, token }) {
    this.onSend = onSend;
    this.maxChars = 4000;
    this.note = el("div", { className: "note", role: "alert", hidden: true });
    this.counter = el("output", { className: "counter", hidden: true });
    this.field = el("textarea", { rows: 1, dir: "auto", placeholder: t("placeholder"), ariaLabel: t("placeholder"),
      enterKeyHint: "send", autocomplete: "off" });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, tabIndex: -1 });
    this.attach = el("button", { type: "button", className: "plain attach", ariaLabel: t("attach"), title: t("attach") }, icon("clip"));
    this.button = el("button", { type: "submit", className: "send", ariaLabel: t("send"), title: t("send"), disabled: true }, icon("send"));
    this.uploads = new Uploads({ token, onChange: () => this.changed(), complain: (text) => this.complain(text) });
    this.node = el("form", { className: "composer" }, this.note, this.uploads.node,
      el("div", { className: "field" }, this.attach, this.field, this.button), this.counter, this.picker);
    this.listen();
  }

  listen() {
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.uploads.add(event.clipboardData.files);
    });
    this.attach.addEventListener("click", () => this.picker.click());
    this.picker.addEventListener("change", () => {
      this.uploads.add(this.picker.files);
      this.picker.value = "";
      this.field.focus();
    });
  }

  key(event) {
    // While an input method composes, Enter chooses a word; some browsers only tell by 229.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing) return;
    event.preventDefault();
    this.submit();
  }

  // Files may be dropped anywhere on `target`.
  acceptDrops(target) {
    const curtain = el("div", { className: "curtain", hidden: true }, t("drop"));
    target.append(curtain);
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    target.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      curtain.hidden = false;
    });
    target.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) curtain.hidden = true;
    });
    target.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      curtain.hidden = true;
      this.uploads.add(event.dataTransfer.files);
    });
  }

  changed() {
    const { field } = this, left = this.maxChars - [...field.value.trim()].length;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    this.counter.hidden = left > WARN_AT;
    this.counter.textContent = left < 0 ? t("over", { count: -left }) : t("left", { count: left });
    this.counter.classList.toggle("over", left < 0);
    const something = field.value.trim() || this.uploads.any;
    this.button.disabled = !something || left < 0 || !this.uploads.ready;
  }

  submit() {
    this.changed();
    if (this.button.disabled) return;
    const text = this.field.value.trim(), attachments = this.uploads.take();
    this.field.value = "";
    this.note.hidden = true;
    this.changed();
    this.field.focus();
    this.onSend(text, attachments);
  }

  complain(text) {
    // Said once: what already stands there is not read out again.
    if (this.note.hidden || this.note.textContent !== text) this.note.textContent = text;
    this.note.hidden = false;
    clearTimeout(this.hiding);
    this.hiding = setTimeout(() => { this.note.hidden = true; }, 8000);
  }

  // Where there is a keyboard to write with; on a phone it would cover half of the chat.
  focus() {
    if (matchMedia("(pointer: fine)").matches) this.field.focus({ preventScroll: true });
  }
}
