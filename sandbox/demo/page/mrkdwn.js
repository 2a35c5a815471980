// Slack's markup as nodes. `people` maps user ids to names.

import { el, link } from "./dom.js";
import { emoji, pictured } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export function unescaped(text) {
  return text.replace(/&(amp|lt|gt);/g, (found) => ENTITIES[found]);
}

// What a person typed, from what is kept of it.
export function typed(text) {
  return unescaped(text.replace(/<(https?:[^<>|]*|mailto:[^<>|]*)(?:\|([^<>]*))?>/g, (_, to, label) => label ?? to));
}

const TOKEN = new RegExp(
  [
    "```([\\s\\S]+?)```",
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(?<![\\w*])\\*(?=\\S)([^*\\n]*[^\\s*])\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)([^_\\n]*[^\\s_])_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)([^~\\n]*[^\\s~])~(?![\\w~])",
    ":([a-z0-9_+'-]*[a-z+][a-z0-9_+'-]*):",
  ].join("|"),
  "g",
);

export function mrkdwn(text, people) {
  const nodes = [];
  const lines = text.split("\n");
  let quote = null;
  lines.forEach((line, number) => {
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (quoted) {
      quote ??= nodes[nodes.push(el("blockquote")) - 1];
      if (quote.childNodes.length) quote.append("\n");
      quote.append(...inline(quoted[1], people));
      return;
    }
    if (number && !quote) nodes.push("\n");
    quote = null;
    nodes.push(...inline(line, people));
  });
  return nodes;
}

function inline(text, people) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    nodes.push(...pictured(unescaped(text.slice(end, found.index))), token(found, people));
    end = found.index + found[0].length;
  }
  nodes.push(...pictured(unescaped(text.slice(end))));
  return nodes;
}

function token([, pre, code, control, bold, italic, struck, name], people) {
  if (pre !== undefined) return el("pre", {}, unescaped(pre));
  if (code !== undefined) return el("code", {}, unescaped(code));
  if (control !== undefined) return controlled(control, people);
  if (bold !== undefined) return el("strong", {}, inline(bold, people));
  if (italic !== undefined) return el("em", {}, inline(italic, people));
  if (struck !== undefined) return el("s", {}, inline(struck, people));
  return emoji(name);
}

function controlled(control, people) {
  const [target, label] = control.split("|", 2).map(unescaped);
  if (target.startsWith("@")) {
    return el("span", { class: "mention" }, `@${people[target.slice(1)]?.name ?? label ?? target}`);
  }
  if (target.startsWith("#")) return el("span", { class: "mention" }, `#${label ?? target}`);
  if (target.startsWith("!date")) return label ?? "";
  if (target.startsWith("!")) {
    return el("span", { class: "mention" }, `@${label ?? target.slice(1)}`);
  }
  return link(target, label ?? target);
}
