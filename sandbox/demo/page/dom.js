// Build the page from nodes only: whatever people wrote becomes text, never markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  clip: "m8 12 6-6a3.5 3.5 0 0 1 5 5l-8 8a5.5 5.5 0 0 1-8-8l7-7",
  picture: "M4 6h16v12H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  pen: "M5 19l1-4L16 5l3 3L9 18z",
  bulb: "M9 18h6M10 21h4M8.500 15c-2-1.500-3-3.300-3-5.500a6.500 6.500 0 0 1 13 0c0 2.200-1 4-3 5.500z",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
};

export function icon(name) {
  const picture = svg("icon", "0 0 24 24", [[PATHS[name]]]);
  picture.setAttribute("aria-hidden", "true");
  return picture;
}

// A drawing of paths, each with the colours of its area and its line.
export function svg(look, box, paths) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", box);
  picture.setAttribute("class", look);
  for (const [d, fill, stroke] of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    if (fill !== undefined) path.setAttribute("fill", fill ?? "none");
    if (stroke) path.setAttribute("stroke", stroke);
    picture.append(path);
  }
  return picture;
}

export function iconButton(name, label, onclick, extra = {}) {
  const look = `icon-button ${extra.class ?? ""}`;
  const attributes = { type: "button", title: label, "aria-label": label, onclick };
  return el("button", { ...attributes, ...extra, class: look }, icon(name));
}

// Only addresses that open a page or a mail; anything else stays text.
export function link(address, label) {
  let safe = false;
  try {
    safe = ["http:", "https:", "mailto:", "tel:"].includes(new URL(address).protocol);
  } catch {
    safe = false;
  }
  if (!safe) return document.createTextNode(label);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// A file as base64, for the socket.
export function encoded(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(new Error("The file cannot be read."));
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.readAsDataURL(blob);
  });
}

// A row of suggestions; `pick` gets the words of the one that is pressed.
export function chips(words, pick) {
  return words.map(([text, note]) =>
    el("button", { type: "button", class: "chip", title: note ?? null, onclick: () => pick(text) }, text),
  );
}
