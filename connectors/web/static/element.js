// Builds the page out of elements and text nodes only: nothing a stranger writes becomes markup.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  send: "M5 12h13M12 5l7 7-7 7",
  clip: "M21 11.2l-8.8 8.8a5.5 5.5 0 0 1-7.8-7.8l9-9a3.7 3.7 0 0 1 5.2 5.2l-9 9a1.8 1.8 0 0 1-2.6-2.6l8.3-8.2",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  file: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5",
  chat: "M21 11.5a8.5 8.5 0 0 1-12.6 7.4L3 20.5l1.7-5A8.5 8.5 0 1 1 21 11.5z",
  out: "M8 16 18 6M9 6h9v9",
};

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function face(name, picture) {
  const letter = [...(name || "").trim()][0];
  const initial = letter ? document.createTextNode(letter.toUpperCase()) : icon("chat");
  const circle = el("span", { className: "face", ariaHidden: "true" }, initial);
  if (!picture) return circle;
  const image = el("img", { src: picture, alt: "", decoding: "async" });
  image.addEventListener("error", () => image.remove());
  circle.append(image);
  return circle;
}

const LINK = /https?:\/\/[^\s<>"'`{}|\\^\u3000-\u303f\uff00-\uffef\u2018-\u201f\u202a-\u202e\u2066-\u2069]+/giu;

// Addresses become links only when they are plain web addresses; all else stays text.
export function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const address = trimmed(found[0]), link = anchor(address);
    if (!link) continue;
    parts.push(text.slice(from, found.index), link);
    from = found.index + address.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function trimmed(address) {
  let end = address.replace(/[.,;:!?…*_~]+$/u, "");
  while (/[)\]]$/.test(end) && !balanced(end)) end = end.slice(0, -1).replace(/[.,;:!?…]+$/u, "");
  return end;
}

function balanced(text) {
  const count = (char) => text.split(char).length;
  return count("(") >= count(")") && count("[") >= count("]");
}

export function anchor(address, ...content) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const safe = url.protocol === "https:" || url.protocol === "http:";
  const known = safe || ((url.protocol === "mailto:" || url.protocol === "tel:") && content.length);
  if (!known || (safe && (!url.hostname || url.username))) return null;
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" },
    ...(content.length ? content : [address]));
}
