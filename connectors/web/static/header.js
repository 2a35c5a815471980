// Who is there: the shop, its assistant or a colleague, and how the connection is.

import { el, face, icon } from "./element.js";
import { t } from "./strings.js";

const PATIENCE = 2000;

export class Header {
  constructor({ title, embedded, onClose }) {
    this.name = el("h1", {}, title || t("title"));
    this.line = el("p", { role: "status" }, t("connecting"));
    this.picture = el("span", { className: "presence", "data-mode": "" }, face(title, ""));
    const close = embedded && el("button", { type: "button", className: "plain", ariaLabel: t("close"), title: t("close") }, icon("close"));
    if (close) close.addEventListener("click", onClose);
    this.banner = el("div", { className: "banner", role: "status", hidden: true });
    this.node = el("header", {}, this.picture, el("div", { className: "title" }, this.name, this.line), close);
    this.mode = "bot";
    this.agent = null;
    this.state = "connecting";
  }

  entitle(title) {
    this.name.textContent = document.title = title;
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
    this.picture.replaceChildren(face(person ? person.name : this.name.textContent, person?.avatar));
    const trouble = { lost: "lost", offline: "offline" }[this.state];
    this.picture.dataset.mode = this.state === "open" ? this.mode : "";
    const news = { waiting: "waitingLong", closed: "closedLong" }[this.mode];
    const said = trouble || news;
    this.banner.hidden = !said;
    this.banner.classList.toggle("trouble", Boolean(trouble));
    if (said) this.banner.replaceChildren(trouble ? "" : icon(this.mode === "waiting" ? "bell" : "chat"), t(said));
  }
}
