// The box in which the visitor writes as one of the agents.

import { el, encoded, icon, iconButton } from "./dom.js";

const LARGEST = 8_000_000;

// `send({text, edit, name, type, data})` resolves to null or to why it was refused.
export class Composer {
  constructor(label, hints, send) {
    this.send = send;
    this.file = null;
    this.editing = null;
    this.box = el("textarea", {
      rows: "1",
      "aria-label": label,
      placeholder: label,
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.note = el("p", { class: "composer-note", role: "status" });
    this.attached = el("div", { class: "composer-file", hidden: true });
    this.picker = el("input", {
      type: "file",
      hidden: true,
      onchange: () => this.#attach(this.picker.files[0]),
    });
    this.mode = el(
      "div",
      { class: "editing-note", hidden: true },
      icon("pen"),
      "Editing a message",
      el("button", { type: "button", onclick: () => this.stopEditing() }, "Cancel"),
    );
    this.faces = el("div", { class: "faces", role: "group", "aria-label": "Write as" });
    this.frame = el(
      "div",
      { class: "composer-frame" },
      this.mode,
      this.box,
      this.attached,
      el(
        "div",
        { class: "composer-bar" },
        this.faces,
        iconButton("clip", "Attach a file", () => this.picker.click()),
        el("span", { class: "composer-hints" }, hints.map((hint) => this.#hint(hint))),
        el(
          "button",
          { type: "button", class: "send", title: "Send", "aria-label": "Send", onclick: () => this.#go() },
          icon("send"),
        ),
      ),
    );
    this.node = el("div", { class: "composer" }, this.note, this.frame, this.picker);
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  // Change an earlier message instead of writing a new one, which waits meanwhile.
  edit(message, text) {
    if (!this.editing) this.begun = this.box.value;
    this.editing = message;
    this.box.value = text;
    this.#typed();
    this.focus();
  }

  stopEditing() {
    if (!this.editing) return;
    this.editing = null;
    this.box.value = this.begun;
    this.#typed();
  }

  // Which agents there are and which one writes; `choose` changes it.
  showTeam(team, current, choose) {
    this.faces.replaceChildren(
      ...team.map((member) =>
        el(
          "button",
          {
            type: "button",
            class: "face-button",
            title: `Write as ${member.name}`,
            "aria-label": `Write as ${member.name}`,
            "aria-pressed": String(member.id === current),
            onclick: () => choose(member.id),
          },
          el("img", { src: `/demo/${member.face}.png`, alt: "", width: "24", height: "24" }),
        ),
      ),
    );
  }

  #hint([words, meaning]) {
    const put = () => {
      this.box.value = words + this.box.value.replace(/^(![a-z]+|;;)\s*/, "");
      this.#typed();
      this.focus();
    };
    return el("button", { type: "button", class: "hint", title: meaning, onclick: put }, words.trim());
  }

  #typed() {
    this.tell("");
    this.frame.classList.toggle("editing", Boolean(this.editing));
    this.mode.hidden = !this.editing;
    this.frame.classList.toggle("internal", this.box.value.startsWith(";;"));
    this.box.style.setProperty("height", "auto");
    this.box.style.setProperty("height", `${Math.min(this.box.scrollHeight, 120)}px`);
  }

  #key(event) {
    if (event.key === "Escape") this.stopEditing();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#go();
  }

  async #go() {
    const text = this.box.value;
    if (!text.trim() && !this.file) return;
    const file = this.file
      ? { name: this.file.name, type: this.file.type, data: await encoded(this.file) }
      : {};
    const refusal = await this.send({ text, edit: this.editing, ...file });
    if (refusal) {
      this.tell(refusal);
      return;
    }
    if (this.editing) return this.stopEditing();
    this.box.value = "";
    this.#attach(null);
    this.#typed();
  }

  #attach(file) {
    if (file && file.size > LARGEST) {
      this.tell("Files of up to 8 MB work here.");
      file = null;
    }
    this.file = file ?? null;
    this.picker.value = "";
    this.attached.hidden = !file;
    const drop = iconButton("close", "Take the file out", () => this.#attach(null));
    this.attached.replaceChildren(...(file ? [icon("file"), file.name, drop] : []));
  }

  tell(words) {
    this.note.textContent = words;
  }
}
