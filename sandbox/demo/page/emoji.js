// The few signs that a support desk uses, drawn, so that they look alike on every machine, also on
// one without a font for them. Any other sign is left to the fonts.

import { svg } from "./dom.js";

const SIGNS = {
  "✅": [["M4 1h12a3 3 0 0 1 3 3v12a3 3 0 0 1-3 3H4a3 3 0 0 1-3-3V4a3 3 0 0 1 3-3z", "#3a9a63"], ["M5.500 10.500l3 3 6-7", null, "#fff"]],
  "⚠": [["M10 1.500 19 18H1z", "#e9a820"], ["M10 7v5M10 15v.2", null, "#3b2a08"]],
  "❌": [["M4 4l12 12M16 4 4 16", null, "#d0473f"]],
  "⏳": [["M4 1.500h12M4 18.500h12", null, "#8a5a3a"], ["M5.500 2h9c0 5-3 6-3 8s3 3 3 8h-9c0-5 3-6 3-8s-3-3-3-8z", "#f0dcae"], ["M7 17.500c0-3 2-3 3-5 1 2 3 2 3 5zM7.500 5.500h5c-.5 2-2 2.500-2.500 4-.5-1.500-2-2-2.500-4z", "#d19a3a"]],
  "🙋": [["M3 19c0-5 3-7 6.500-7s6.500 2 6.500 7z", "#3f8560"], ["M14.500 15V4.500", null, "#e0a780"], ["M9 2.500a4 4 0 1 1 0 8.500 4 4 0 0 1 0-8.500z", "#e9b48d"]],
  "🤖": [["M10 5V2", null, "#7d8a93"], ["M5 5h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V8a3 3 0 0 1 3-3z", "#8fa3ae"], ["M7 10v.3M13 10v.3M7.500 13.800h5", null, "#22303a"]],
  "💬": [["M4 2.500h12a3 3 0 0 1 3 3V12a3 3 0 0 1-3 3H9l-4.500 3.500V15H4a3 3 0 0 1-3-3V5.500a3 3 0 0 1 3-3z", "#5f9fc7"], ["M6 9v.1M10 9v.1M14 9v.1", null, "#fff"]],
  "💡": [["M10 1.500a6 6 0 0 1 3.500 10.900V14h-7v-1.600A6 6 0 0 1 10 1.500z", "#f0c040"], ["M7.500 16.200h5M8.500 18.500h3", null, "#7d8a93"]],
  "📎": [["M13.500 6.500 7.500 13a1.800 1.800 0 0 0 2.600 2.500l6-6.500a3.600 3.600 0 0 0-5.200-5L4.500 10.500a5.300 5.300 0 0 0 7.500 7.300", null, "#7d8a93"]],
  "🔔": [["M10 2a5 5 0 0 1 5 5c0 5 2.500 6 2.500 8h-15c0-2 2.500-3 2.500-8a5 5 0 0 1 5-5z", "#e9a820"], ["M8.500 17.500h3", null, "#8a5a12"]],
  "🌿": [["M3 18C3 8 8 3 18 2c0 10-5 14-12 13z", "#4f9a70"], ["M2.500 18.500C6 13 9 10 13 7", null, "#2f6f4f"]],
  "👀": [["M6 4a4 6 0 1 1 0 12A4 6 0 0 1 6 4zM14 4a4 6 0 1 1 0 12 4 6 0 0 1 0-12z", "#f4f1ea"], ["M7 11v.5M15 11v.5", null, "#22303a"]],
};

const NAMES = {
  white_check_mark: "✅", heavy_check_mark: "✅", warning: "⚠", x: "❌", hourglass: "⏳",
  hourglass_flowing_sand: "⏳", raising_hand: "🙋", robot_face: "🤖", speech_balloon: "💬",
  paperclip: "📎", bulb: "💡", bell: "🔔", herb: "🌿", seedling: "🌱", eyes: "👀", wave: "👋", tada: "🎉",
  smile: "😄", heart: "❤️", pray: "🙏", "+1": "👍", "-1": "👎", thumbsup: "👍", lock: "🔒",
};

const FOUND = new RegExp(`(${Object.keys(SIGNS).join("|")})\\uFE0F?`, "u");

// A sign by Slack's name for it.
export function emoji(name) {
  const sign = NAMES[name];
  return SIGNS[sign] ? drawn(sign) : (sign ?? `:${name}:`);
}

// A text with its signs drawn.
export function pictured(text) {
  return text.split(FOUND).filter((part) => part).map((part) => (SIGNS[part] ? drawn(part) : part));
}

function drawn(sign) {
  const picture = svg("sign", "0 0 20 20", SIGNS[sign]);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", sign);
  return picture;
}
