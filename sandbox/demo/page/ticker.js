// What just happened: totals, and a line for each answer.

import { clock, el } from "./dom.js";
import { List } from "./list.js";

const CHANNELS = { web: "Web", telegram: "Telegram", slack: "Slack" };

export class Ticker {
  constructor(root, onNews) {
    this.onNews = onNews;
    this.realGpt = false;
    this.numbers = Object.fromEntries(["rule", "gpt", "person"].map((who) => [who, el("strong", {}, "0")]));
    this.money = el("strong", {}, "$0");
    this.spent = el("small", {}, "");
    this.lines = el("ol", { class: "t-lines", tabindex: "0", "aria-label": "What just happened" });
    this.list = new List(this.lines, (line) => line.id, (line) => this.#line(line), false);
    this.file = el("code", {}, "settings.yaml");
    this.rules = el("p", { class: "t-rules" }, "Change a rule in ", this.file, ", save it, and ask again.");
    this.hint = el("p", { class: "t-hint" }, "Write in the shop or on the phone, and each answer shows up here: who gave it, how fast, and what it cost.");
    root.replaceChildren(
      el(
        "div",
        { class: "t-totals" },
        el("h2", {}, "What just happened"),
        el(
          "div",
          { class: "t-numbers" },
          this.#number("rule", "by rule"),
          this.#number("gpt", "by GPT"),
          this.#number("person", "by a person"),
        ),
        (this.saving = el("p", { class: "t-money" }, "about ", this.money, " saved", this.spent)),
      ),
      el("div", { class: "t-feed" }, this.hint, this.lines, this.rules),
    );
  }

  // Whether GPT is the real one, and the file with the rules.
  know(realGpt, path) {
    this.realGpt = realGpt;
    this.file.textContent = path.split("/").at(-1);
    this.file.title = path;
  }

  update(scene) {
    const { totals, lines } = scene;
    for (const who of Object.keys(this.numbers)) this.numbers[who].textContent = totals[who];
    this.money.textContent = dollars(totals.saved);
    this.spent.textContent = totals.spent ? `GPT ${this.realGpt ? "cost" : "would have cost"} about ${dollars(totals.spent)}` : "";
    this.saving.title = scene.basis;
    this.hint.hidden = lines.length > 0;
    const newest = lines[0]?.id ?? 0;
    if (this.newest !== undefined && newest > this.newest) this.onNews();
    this.newest = newest;
    this.list.show(lines);
  }

  #number(who, words) {
    return el("div", { class: `t-number ${who}` }, this.numbers[who], el("span", {}, words));
  }

  #kind({ who }) {
    if (who === "rule") return el("small", {}, "rule");
    return who === "gpt" && !this.realGpt ? el("small", {}, "canned") : null;
  }

  #line(line) {
    const time = el("time", {}, clock(line.at));
    const where = el("span", { class: "t-channel" }, CHANNELS[line.channel] ?? line.channel);
    if (line.who === "step") {
      return el("li", { class: "t-line step" }, time, where, el("span", { class: "t-step" }, line.label));
    }
    const who = el("span", { class: `t-who ${line.who}` }, this.#kind(line), line.label);
    return el(
      "li",
      { class: `t-line ${line.who}` },
      time,
      where,
      who,
      el("span", { class: "t-words" }, line.question ? el("q", {}, line.question) : null, el("span", {}, line.answer)),
      el("span", { class: "t-ms", title: "How long the customer waited" }, wait(line.ms)),
      el("span", { class: "t-cost" }, cost(line, this.realGpt)),
    );
  }
}

function wait(ms) {
  if (ms === null) return "";
  if (ms < 1000) return `${Math.max(1, Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

function cost(line, isReal) {
  if (line.dollars === null) return "";
  const verb = line.saved ? "saved" : isReal ? "cost" : "would cost";
  return `${verb} ≈ ${dollars(line.dollars)}`;
}

function dollars(value) {
  if (value === 0) return "$0";
  return value < 0.1 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
}
