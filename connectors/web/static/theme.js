// The shop's colour, and an ink that can be read on it.

export function paint(color) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(color) ? color : "#3b5bdb";
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(full.slice(i, i + 2), 16) / 255) ** 2.2);
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.45;
  const style = document.documentElement.style;
  style.setProperty("--accent", full);
  style.setProperty("--on-accent", light ? "#16181d" : "#fff");
}
