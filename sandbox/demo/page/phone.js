// A phone with Telegram on it, where the visitor is the customer.

import { chips, clock, el, encoded, icon, iconButton, link, size } from "./dom.js";
import { formatted } from "./entities.js";
import { List } from "./list.js";

const LARGEST = 8_000_000;

export class PhonePane {
  constructor(root, live, suggestions, onNews) {
    this.root = root;
    this.live = live;
    this.suggestions = suggestions;
    this.onNews = onNews;
    this.chat = null;
    this.heard = new Map();
    this.#build();
  }

  #build() {
    this.people = el("div", { class: "people", role: "group", "aria-label": "Whose phone" });
    this.state = el("small", {}, "bot");
    this.log = el("div", { class: "p-list", role: "log", "aria-label": "Chat on Telegram", tabindex: "0" });
    this.list = new List(this.log, (m) => m.id, (m) => this.#message(m));
    this.start = el(
      "div",
      { class: "p-start" },
      el("p", {}, "No messages yet. Write something a customer would:"),
      el("div", { class: "chips" }, chips(this.suggestions, (text) => this.#send({ do: "phone.say", text }))),
    );
    this.box = el("input", {
      type: "text",
      placeholder: "Message",
      "aria-label": "Message to the shop's bot",
      maxlength: "4096",
      enterkeyhint: "send",
      onkeydown: (event) => event.key === "Escape" && this.#stopEditing(),
    });
    this.mode = el(
      "div",
      { class: "editing-note", hidden: true },
      icon("pen"),
      "Editing a message",
      el("button", { type: "button", onclick: () => this.#stopEditing() }, "Cancel"),
    );
    this.picker = el("input", { type: "file", hidden: true, onchange: () => this.#own(this.picker.files[0]) });
    this.note = el("p", { class: "p-note", role: "status" });
    const go = (event) => {
      event.preventDefault();
      this.#say();
    };
    this.form = el(
      "form",
      { class: "p-write", onsubmit: go },
      iconButton("clip", "Send a file", () => this.picker.click()),
      this.box,
      iconButton("picture", "Send a sample photo", () => this.#sample()),
      el("button", { class: "p-send", title: "Send", "aria-label": "Send" }, icon("send")),
    );
    const face = el("span", { class: "p-face", "aria-hidden": "true" }, "F&C");
    const name = el("span", {}, el("strong", {}, "Fern & Clay"), this.state);
    const time = el("span");
    const tick = () => (time.textContent = clock(Date.now() / 1000));
    tick();
    setInterval(tick, 1000);
    this.device = el(
      "div",
      { class: "device" },
      el("div", { class: "p-status", "aria-hidden": "true" }, time, el("i")),
      el("header", {}, face, name),
      el("div", { class: "p-paper" }, this.start, this.log),
      this.note,
      this.mode,
      this.form,
      this.picker,
    );
    this.root.replaceChildren(this.people, this.device);
  }

  update(scene) {
    if (scene === null) return this.#real();
    this.scene = scene;
    this.chat ??= scene.chats[0].id;
    this.#people();
    this.#draw();
    for (const chat of scene.chats) {
      const count = chat.messages.filter((m) => !m.mine).length;
      if (count > (this.heard.get(chat.id) ?? count)) this.onNews();
      this.heard.set(chat.id, count);
    }
  }

  #draw() {
    const chat = this.scene.chats.find((c) => c.id === this.chat);
    const draft = chat.draft ? [{ id: "draft", draft: chat.draft }] : [];
    this.state.textContent = chat.typing ? "typing…" : "bot";
    this.state.classList.toggle("busy", chat.typing);
    this.start.hidden = chat.messages.length > 0;
    const dots = chat.typing && !chat.draft ? [{ id: "typing" }] : [];
    this.list.show([...chat.messages, ...draft, ...dots]);
  }

  #people() {
    this.people.replaceChildren(
      ...this.scene.chats.map((chat) =>
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(chat.id === this.chat),
            onclick: () => {
              this.chat = chat.id;
              this.#stopEditing();
              this.update(this.scene);
              this.list.toEnd();
            },
          },
          chat.name,
        ),
      ),
    );
  }

  #message(m) {
    if (m.id === "typing") {
      const dots = [el("i"), el("i"), el("i")];
      return el("div", { class: "p-message p-dots", "aria-label": "The bot is typing" }, dots);
    }
    if (m.draft) return el("div", { class: "p-message draft" }, el("div", { class: "bubble" }, m.draft));
    const edit = m.mine && !m.media ? iconButton("pen", "Edit", () => this.#edit(m)) : null;
    return el(
      "div",
      { class: m.mine ? "p-message mine" : "p-message" },
      el(
        "div",
        { class: "bubble" },
        m.media ? media(m.media) : null,
        el("span", { class: "words" }, formatted(m.text, m.entities)),
        el("time", {}, m.edited ? "edited " : "", clock(m.at)),
      ),
      edit,
      m.buttons.length ? el("div", { class: "p-buttons" }, m.buttons.map((row) => this.#row(m, row))) : null,
    );
  }

  #row(m, row) {
    return el(
      "div",
      {},
      row.map((button) => {
        if (button.url) return link(button.url, `${button.label} ↗`);
        const press = (event) => {
          event.currentTarget.classList.add("pressed");
          this.#send({ do: "phone.press", message: m.id, button: button.data ?? button.label });
        };
        return el("button", { type: "button", onclick: press }, button.label);
      }),
    );
  }

  async #say() {
    const text = this.box.value;
    if (!text.trim()) return;
    const command = this.editing
      ? { do: "phone.edit", message: this.editing, text }
      : { do: "phone.say", text };
    if (await this.#send(command)) return;
    this.box.value = "";
    this.#stopEditing();
    this.list.toEnd();
  }

  #edit(m) {
    this.editing = m.id;
    this.mode.hidden = false;
    this.form.classList.add("editing");
    this.box.value = m.text;
    this.box.focus({ preventScroll: true });
  }

  #stopEditing() {
    if (!this.editing) return;
    this.editing = null;
    this.mode.hidden = true;
    this.form.classList.remove("editing");
    this.box.value = "";
  }

  async #sample() {
    const answer = await fetch("/demo/pot.jpg");
    await this.#photo(new File([await answer.blob()], "pot.jpg", { type: "image/jpeg" }));
  }

  async #own(file) {
    this.picker.value = "";
    if (!file) return;
    if (file.size > LARGEST) this.note.textContent = "Files of up to 8 MB work here.";
    else await this.#photo(file);
  }

  async #photo(file) {
    const text = this.box.value;
    const data = await encoded(file);
    const refused = await this.#send({ do: "phone.file", name: file.name, type: file.type, data, text });
    if (!refused) this.box.value = "";
    this.list.toEnd();
  }

  async #send(command) {
    const refusal = await this.live.send({ ...command, chat: this.chat });
    this.note.textContent = refusal ?? "";
    return refusal;
  }

  #real() {
    this.root.replaceChildren(
      el("div", { class: "real" }, el("h3", {}, "Telegram is the real one"), el("p", {}, "Write to your bot from your own phone.")),
    );
  }
}

function media(file) {
  if (file.picture) return el("img", { class: "photo", src: file.url, alt: file.name });
  const words = el("span", {}, el("strong", {}, file.name), el("small", {}, size(file.size)));
  return el("a", { class: "document", href: file.url }, icon("file"), words);
}
