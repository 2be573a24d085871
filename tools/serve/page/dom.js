// Elements and figures. Whatever comes from packets, files or hosts becomes text here, never markup.

export const $ = (id) => document.getElementById(id);

// el("td", {class: "n", title: "..."}, "text", child...)
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const grouping = new Intl.NumberFormat("en-US");
export const count = (value) => grouping.format(value);
export const plural = (value, thing) => `${count(value)} ${thing}${value === 1 ? "" : "s"}`;

export function short(value) {
  for (const [unit, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (value >= unit) return `${(value / unit).toPrecision(3)} ${name}`;
  }
  return value === Math.round(value) ? String(value) : value.toFixed(value < 10 ? 1 : 0);
}

export function bytes(value) {
  const names = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let at = 0;
  while (value >= 1024 && at < names.length - 1) { value /= 1024; at++; }
  return at === 0 ? `${value} ${value === 1 ? "byte" : "bytes"}` : `${value.toFixed(1)} ${names[at]}`;
}

// One end of a conversation; "" where there is no host.
export const endpoint = (host, port) => (host === undefined ? "" : port === undefined ? host : host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

export function duration(seconds) {
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toFixed(0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${(seconds / 86400).toFixed(1)} days`;
}

let zone = "utc";
export function setZone(value) { zone = value; }

const two = (value) => String(value).padStart(2, "0");
function parts(milliseconds) {
  const date = new Date(milliseconds);
  return zone === "utc"
    ? [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
}

// Milliseconds to "2026-11-28 08:10:55", with as many digits of a second as a step of `step` needs.
export function moment(milliseconds, step = 1) {
  const [year, month, day, hour, minute, second] = parts(milliseconds);
  const fraction = step < 1 ? "." + String(Math.floor(((milliseconds % 1000) + 1000) % 1000)).padStart(3, "0") : "";
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
}

// RFC 3339 with nine digits, which are kept.
export function exact(text, withDate = true) {
  if (!text) return "";
  const at = Date.parse(text.slice(0, 19) + "Z");
  const digits = (text.match(/\.(\d+)Z$/) || ["", "000000000"])[1];
  const written = moment(at);
  return (withDate ? written : written.slice(11)) + "." + digits;
}

export const milliseconds = (text) => (text ? Date.parse(text) : NaN);

// What the server takes as a time without asking which zone.
export const asUtc = (ms) => new Date(ms).toISOString();

export function say(element, kind, title, text, again) {
  element.replaceChildren(el("div", {class: "state", role: kind === "error" ? "alert" : null},
    el("h3", {}, title), text ? el("p", {}, text) : null,
    again ? el("button", {onclick: again}, "Try again") : null));
}

let toastTimer = 0;
export function toast(text) {
  $("toast").textContent = text;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").textContent = ""; }, 4000);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    window.prompt(`${what}: the browser does not let this page copy. It is here to be copied by hand.`, text);
  }
}
