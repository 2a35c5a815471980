// Block Kit as nodes: the parts that a support desk uses, and plain words for any other.

import { el, link } from "./dom.js";
import { emoji, pictured } from "./emoji.js";
import { mrkdwn, unescaped } from "./mrkdwn.js";

// `press(action, option)` is called for a control. `spoken` says that each line is somebody's.
export function blocks(list, people, press, spoken = false) {
  return list.map((block) => (spoken && block.type === "section" ? lines(block.text.text) : shown(block, people, press)));
}

// A long conversation reads better when its speakers stand out.
function lines(text) {
  return el(
    "div",
    { class: "b-section b-spoken" },
    unescaped(text).split("\n").map((line) => {
      // What goes on with somebody's line begins with a bar, and names nobody.
      const [, name, words] = /^(?!│)([^:.,!?]{1,40}): (.*)$/.exec(line) ?? [null, null, line];
      return el("div", {}, name ? el("strong", {}, name) : null, name ? " " : null, pictured(words));
    }),
  );
}

function shown(block, people, press) {
  switch (block.type) {
    case "header":
      return el("h4", { class: "b-header" }, prose(block.text, people));
    case "section":
      return section(block, people, press);
    case "context":
      return el(
        "div",
        { class: "b-context" },
        block.elements.map((part) => el("span", {}, prose(part, people))),
      );
    case "actions":
      return el(
        "div",
        { class: "b-actions" },
        block.elements.map((element) => control(element, people, press)),
      );
    case "divider":
      return el("hr");
    case "rich_text":
      return el("div", { class: "b-section" }, rich(block.elements ?? [], people));
    case "markdown":
      return el("div", { class: "b-section" }, block.text);
    default:
      return el("div", { class: "b-context" }, block.alt_text ?? block.type);
  }
}

function section(block, people, press) {
  return el(
    "div",
    { class: "b-section" },
    block.text ? el("div", {}, prose(block.text, people)) : null,
    block.fields
      ? el("div", { class: "b-fields" }, block.fields.map((f) => el("div", {}, field(f, people))))
      : null,
    block.accessory ? control(block.accessory, people, press) : null,
  );
}

// "Label: value" reads better with a quiet label.
function field(text, people) {
  const parts = text.type === "plain_text" ? /^([A-Z][a-z]{2,14}): ([\s\S]+)$/.exec(text.text) : null;
  if (!parts) return prose(text, people);
  const value = prose({ ...text, text: parts[2] }, people);
  return [el("span", { class: "b-label" }, parts[1]), el("span", {}, value)];
}

function prose(text, people) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, people);
  if (text.type !== "plain_text") return [text.alt_text ?? ""];
  const words = unescaped(text.text);
  if (text.emoji === false) return pictured(words);
  return words.split(/:([a-z_]{3,30}):/).flatMap((part, at) => (at % 2 ? [emoji(part)] : pictured(part)));
}

function control(element, people, press) {
  if (element.type === "button") {
    const look = `b-button ${element.style ?? ""}`;
    const label = prose(element.text, people);
    return el("button", { type: "button", class: look, onclick: () => press(element.action_id) }, label);
  }
  if (!element.options) return el("span", { class: "b-context" }, element.type);
  const choices = element.options.map((o) => el("option", { value: o.value }, o.text.text));
  const label = element.placeholder?.text ?? "More";
  return el(
    "select",
    {
      class: "b-button",
      "aria-label": label,
      onchange: (event) => press(element.action_id, event.target.value),
    },
    el("option", { value: "" }, label),
    choices,
  );
}

function rich(elements, people) {
  return elements.map((part) => {
    if (part.type === "rich_text_preformatted") return el("pre", {}, rich(part.elements, people));
    if (part.elements) return el("div", {}, rich(part.elements, people));
    if (part.type === "link") return link(part.url, part.text ?? part.url);
    if (part.type === "user") return el("span", { class: "mention" }, `@${people[part.user_id]?.name ?? "?"}`);
    if (part.type === "emoji") return emoji(part.name);
    return part.text ?? "";
  });
}
