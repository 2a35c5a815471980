// Telegram's text with its entities as nodes. Offsets count UTF-16 units, as strings here do.

import { el, link } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span",
};

export function formatted(text, entities) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return between(text, 0, text.length, sorted);
}

function between(text, start, end, entities) {
  const nodes = [];
  let at = start;
  while (entities.length && entities[0].offset < end) {
    const entity = entities.shift();
    if (entity.offset < at) continue;
    const stop = Math.min(entity.offset + entity.length, end);
    nodes.push(text.slice(at, entity.offset), wrapped(text, entity, stop, entities));
    at = stop;
  }
  nodes.push(text.slice(at, end));
  return nodes.filter((node) => node !== "");
}

function wrapped(text, entity, stop, entities) {
  const words = text.slice(entity.offset, stop);
  if (entity.type === "url") return link(words, words);
  if (entity.type === "email") return link(`mailto:${words}`, words);
  if (entity.type === "text_link") return link(entity.url, words);
  const inner = between(text, entity.offset, stop, entities);
  return el(TAGS[entity.type] ?? "span", { class: `t-${entity.type}` }, inner);
}
