// Who is there: the shop, its assistant or a colleague, and how the connection is.

import { el, face, icon } from "./element.js";
import { t } from "./strings.js";

const PATIENCE = 2000;

export class Header {
  constructor({ title, embedded, onClose }) {
    this.name = el("h1", {}, title || t("title"));
    this.line = el("p", { role: "status" }, t("connecting"));
    this.picture = el("span", { className: "presence", "data-mode": "" }, face(""));
    const close = embedded && el("button", { type: "button", className: "plain", ariaLabel: t("close"), title: t("close") }, icon("close"));
    if (close) close.addEventListener("click", onClose);
    this.banner = el("div", { className: "banner", role: "status", hidden: true });
    this.node = el("header", {}, this.picture, el("div", { className: "title" }, this.name, this.line), close);
    this.bot = "";
    this.mode = "bot";
    this.agent = null;
    this.state = "connecting";
  }

  // `bot` is whose name stands above the assistant's lines, so its face is the same here.
  entitle(title, bot) {
    this.name.textContent = document.title = title;
    this.bot = bot;
    this.show();
  }

  turn(mode, agent) {
    this.mode = mode;
    this.agent = mode === "human" ? (agent ?? this.agent) : null;
    this.show();
  }

  // A short break is nobody's business; only a longer one is spoken of.
  connected(state) {
    this.state = state;
    clearTimeout(this.telling);
    if (state === "open" || state === "offline") this.show();
    else this.telling = setTimeout(() => this.show(), PATIENCE);
  }

  show() {
    const person = this.agent;
    const name = person?.name || t("someone");
    this.line.textContent = this.state === "connecting" ? t("connecting") : t(this.mode, { name });
    this.picture.replaceChildren(face(person ? person.name : this.bot, person?.avatar));
    this.picture.dataset.mode = this.state === "open" ? this.mode : "";
    this.banner.hidden = !["lost", "offline"].includes(this.state);
    if (!this.banner.hidden) this.banner.textContent = t(this.state);
  }
}
