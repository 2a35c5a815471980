// The demo's page put together: three panes, the ticker, and tabs where there is little room.

import { chips, el } from "./dom.js";
import { Live } from "./live.js";
import { PhonePane } from "./phone.js";
import { SlackPane } from "./slack.js";
import { Ticker } from "./ticker.js";

const SUGGESTIONS = [
  ["Where is my order #123456?", "A rule answers, and takes the number from the question"],
  ["我想退款", "The same rules, in Chinese"],
  ["When will my monstera be here?", "No word of a rule is in it, but it is like one of its examples"],
  ["How do I repot a fern?", "No rule knows this: GPT answers from the shop's files"],
  ["I want to talk to a person", "Opens a thread in Slack"],
];
const PARTS = { web: "Web chat", gpt: "GPT", telegram: "Telegram", slack: "Slack" };

const find = (id) => document.getElementById(id);
const shop = find("shop-frame");
const live = new Live((up) => document.body.classList.toggle("offline", !up));
const slack = new SlackPane(find("slack"), live, () => news("slack"));
const phone = new PhonePane(find("phone"), live, SUGGESTIONS, () => news("phone"));
const ticker = new Ticker(find("ticker"), () => news("ticker"));

live.on("about", about);
live.on("slack", (scene) => slack.update(scene));
live.on("phone", (scene) => phone.update(scene));
live.on("ticker", (scene) => ticker.update(scene));

find("suggestions").append(...chips(SUGGESTIONS, ask));
for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => turnTo(tab.dataset.pane));
}
turnTo("shop");
live.connect();

function ask(words) {
  shop.contentWindow.postMessage({ ask: words }, location.origin);
}

function about({ real, settings }) {
  ticker.know(real.gpt, settings);
  find("canned").hidden = real.gpt;
  const part = (isReal) => {
    const names = Object.keys(PARTS).filter((name) => real[name] === isReal).map((name) => PARTS[name]);
    if (!names.length) return [];
    const look = { class: isReal ? "real-part" : "" };
    return el("li", look, names.join(", "), " ", el("b", {}, isReal ? "real" : names.length > 1 ? "stand-ins" : "stand-in"));
  };
  find("parts").replaceChildren(...[true, false].flatMap(part));
}

function turnTo(pane) {
  document.body.dataset.pane = pane;
  for (const tab of document.querySelectorAll(".tabs button")) {
    const chosen = tab.dataset.pane === pane;
    tab.setAttribute("aria-current", String(chosen));
    if (chosen) tab.classList.remove("news");
  }
}

function news(pane) {
  if (document.body.dataset.pane === pane) return;
  document.querySelector(`.tabs [data-pane=${pane}]`).classList.add("news");
}
