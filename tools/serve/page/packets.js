// Packets as `capstan show` prints them: a list over as many as there are, of which only those in sight exist, and the
// text and bytes of the one picked.
import {el, exact, count, endpoint, say, copy} from "/dom.js";
import {get} from "/api.js";

const PAGE = 200, KEPT = 40;
const TALLEST = 15_000_000;  // pixels: what every browser can scroll

export class Packets {
  // `told(completeness or null, total)`; `narrow(filter)`.
  constructor(host, told, narrow) {
    this.told = told; this.narrow = narrow; this.question = null; this.total = 0;
    this.list = el("div", {class: "rows", tabindex: "0", role: "grid", "aria-label": "Packets", "aria-rowcount": "0"});
    this.head = el("div", {class: "headrow", role: "row"}, ...[["c-number n", "No."], ["c-time", "Time"], ["c-from", "Source"], ["c-to", "Destination"], ["c-proto", "Proto"], ["c-length n", "Bytes"], ["c-info", "What it says"]]
      .map(([name, text]) => el("span", {class: name, role: "columnheader"}, text)));
    this.space = el("div", {class: "space", role: "rowgroup"});
    this.state = el("div");
    this.detail = el("aside", {class: "detail", "aria-label": "The packet picked", hidden: true});
    this.paper = el("p", {class: "onpaper"});
    this.split = el("div", {class: "split"}, el("div", {}, this.state, this.paper, this.list), this.detail);
    host.append(this.split);
    this.list.append(this.head, this.space);
    this.list.addEventListener("scroll", () => this.draw());
    this.list.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.list);
    this.list.hidden = true;
  }

  async show(question) {
    if (this.stop) this.stop.abort();
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.question = question; this.pages = new Map(); this.marks = null; this.picked = -1; this.total = 0;
    this.pick(-1);
    this.list.hidden = true; this.list.scrollTop = 0;
    say(this.state, "busy", "Looking for packets…", "");
    this.told(null, null);
    try {
      const first = await get("packets", {...question, limit: PAGE}, signal);
      this.pages.set(0, first.packets);
      this.total = first.packets.length;
      if (this.total === 0) {
        say(this.state, "empty", "No packets", question.filter ? "Nothing in this time matches the filter." : "Nothing is recorded in this time.");
        this.told(first.completeness, 0);
        return;
      }
      this.state.replaceChildren();
      this.list.hidden = false;
      this.draw();
      if (first.next === null) {
        this.told(first.completeness, this.total);
        return;
      }
      const all = await get("count", question, signal);
      this.marks = all;
      this.total = Math.max(this.total, all.packets);
      this.told(all.completeness, this.total);
      this.draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.list.hidden = true;
      say(this.state, "error", "The packets could not be had", error.message, () => this.show(question));
      this.told(null, null, error);
    }
  }

  rowHeight() { return parseFloat(getComputedStyle(this.list).getPropertyValue("--row")) || 26; }

  draw() {
    if (this.list.hidden || !this.total) return;
    const tall = this.rowHeight(), whole = this.total * tall, height = Math.min(whole, TALLEST);
    this.space.style.height = `${height}px`;
    const sight = this.list.clientHeight, top = this.list.scrollTop;
    // Beyond what can be scrolled, a pixel is more than a row's share.
    const exactly = height === whole;
    const first = exactly ? Math.floor(top / tall) : Math.round(top / Math.max(1, height - sight) * Math.max(0, this.total - sight / tall));
    const from = Math.max(0, first - 6), to = Math.min(this.total, first + Math.ceil(sight / tall) + 6);
    const rows = [];
    for (let number = from; number < to; number++) {
      const row = this.row(number);
      row.style.top = `${exactly ? number * tall : top + (number - first) * tall}px`;
      rows.push(row);
    }
    this.space.replaceChildren(...rows);
    this.list.setAttribute("aria-rowcount", this.total);
    // Only these are there to be printed.
    this.paper.textContent = `Packets ${count(from + 1)} to ${count(to)} of ${count(this.total)}, those in sight; the page's command and download have all of them.`;
    this.fetchFor(from, to);
  }

  row(number) {
    const page = this.pages.get(Math.floor(number / PAGE));
    const one = page && page[number % PAGE];
    const attributes = {class: "row" + (number === this.picked ? " picked" : "") + (one ? "" : " waits"), role: "row", id: `row-${number}`, "aria-rowindex": number + 1, "aria-selected": number === this.picked ? "true" : "false"};
    const row = el("div", {...attributes, onclick: () => { this.list.focus(); this.pick(number); }});
    const p = one ? one.packet : {};
    for (const [name, text] of [["c-number n", count(number + 1)], ["c-time", one ? time(p.time) : "…"], ["c-from", endpoint(p.src_ip, p.src_port)], ["c-to", endpoint(p.dest_ip, p.dest_port)], ["c-proto", p.proto || ""], ["c-length n", p.wirelen ?? ""], ["c-info", p.info || ""]]) {
      row.append(el("span", {class: name, role: "gridcell"}, ...(Array.isArray(text) ? text : [text])));
    }
    return row;
  }

  async fetchFor(from, to) {
    const question = this.question, signal = this.stop.signal;
    for (let page = Math.floor(from / PAGE); page <= Math.floor((to - 1) / PAGE); page++) {
      if (this.pages.has(page)) continue;
      if (!this.marks) return;
      this.pages.set(page, null);
      const start = page * PAGE, mark = Math.floor(start / this.marks.every);
      try {
        const place = this.marks.marks[mark];
        const answer = await get("packets", {...question, from: place, offset: start - mark * this.marks.every, limit: PAGE}, signal);
        if (question !== this.question) return;
        this.pages.set(page, answer.packets);
        for (const old of this.pages.keys()) {
          if (this.pages.size <= KEPT) break;
          if (Math.abs(old - page) > 3) this.pages.delete(old);
        }
        this.draw();
      } catch (error) {
        if (question === this.question) this.pages.delete(page);
        if (error.name !== "AbortError") say(this.state, "error", "Some packets could not be had", error.message, () => this.show(question));
        return;
      }
    }
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.list.clientHeight / this.rowHeight()) - 2);
    const go = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page}[event.key];
    if (go !== undefined) this.pick(Math.min(this.total - 1, Math.max(0, this.picked < 0 ? 0 : this.picked + go)));
    else if (event.key === "Home") this.pick(0);
    else if (event.key === "End") this.pick(this.total - 1);
    else if (event.key === "Escape") this.pick(-1);
    else return;
    event.preventDefault();
    this.reveal();
  }

  reveal() {
    if (this.picked < 0) return;
    const tall = this.rowHeight(), sight = this.list.clientHeight - tall, whole = this.total * tall;
    if (whole > TALLEST) { this.list.scrollTop = this.picked / this.total * (TALLEST - sight); return; }
    const at = this.picked * tall;
    if (at < this.list.scrollTop) this.list.scrollTop = at;
    if (at + tall > this.list.scrollTop + sight) this.list.scrollTop = at + tall - sight;
  }

  async pick(number) {
    this.picked = number;
    this.split.classList.toggle("open", number >= 0);
    this.detail.hidden = number < 0;
    if (number < 0) { this.list.removeAttribute("aria-activedescendant"); this.draw(); return; }
    this.list.setAttribute("aria-activedescendant", `row-${number}`);
    this.draw();
    const page = this.pages.get(Math.floor(number / PAGE)), one = page && page[number % PAGE];
    if (!one) return;
    try {
      const answer = await get("packets", {...this.question, from: one.at, limit: 1, detail: 1}, this.stop.signal);
      if (this.picked === number && answer.packets.length) this.showDetail(answer.packets[0]);
    } catch (error) {
      if (error.name !== "AbortError") say(this.detail, "error", "This packet could not be had", error.message, () => this.pick(number));
    }
  }

  showDetail(one) {
    const hex = hexText(one.hex), p = one.packet;
    const buttons = el("div", {class: "chips"},
      p.src_ip !== undefined ? el("button", {onclick: () => this.narrow(conversation(p))}, "Only this conversation") : null,
      el("button", {onclick: () => copy(one.text, "Text")}, "Copy text"),
      el("button", {onclick: () => copy(hex, "Bytes")}, "Copy bytes"),
      el("button", {onclick: () => { this.pick(-1); this.list.focus(); }}, "Close"));
    const cut = p.caplen < p.wirelen ? el("p", {class: "notes"}, `${count(p.caplen)} of ${count(p.wirelen)} bytes were captured`) : null;
    this.detail.replaceChildren(...[el("h3", {}, `Packet ${count(this.picked + 1)}`, " ", el("span", {class: "muted"}, `${exact(p.time)} on ${p.interface}`)), buttons, cut,
      el("pre", {class: "text"}, one.text), el("pre", {class: "hex", tabindex: "0", "aria-label": "Bytes"}, this.split.clientWidth < 600 ? hexText(one.hex, 8) : hex)].filter(Boolean));
  }
}

// A phone has no room for the date, nor for what is finer than a microsecond.
function time(text) {
  const whole = exact(text);
  return [el("span", {class: "date"}, whole.slice(0, 11)), whole.slice(11, -3), el("span", {class: "fine"}, whole.slice(-3))];
}

function conversation(p) {
  const hosts = `host ${p.src_ip} and host ${p.dest_ip}`;
  const ports = p.src_port === undefined ? "" : ` and ${p.proto} port ${p.src_port} and port ${p.dest_port}`;
  return p.vlans ? p.vlans.map((tag) => `vlan ${tag} and `).join("") + hosts + ports : hosts + ports;
}

// A phone has room for eight bytes a line.
function hexText(hex, perLine = 16) {
  const lines = [];
  for (let at = 0; at < hex.length; at += 2 * perLine) {
    const line = hex.slice(at, at + 2 * perLine).match(/../g);
    const text = line.map((byte) => { const value = parseInt(byte, 16); return value >= 32 && value < 127 ? String.fromCharCode(value) : "."; }).join("");
    const left = line.slice(0, 8).join(" "), right = line.slice(8).join(" ");
    lines.push(`${(at / 2).toString(16).padStart(4, "0")}  ${left.padEnd(23)}  ${perLine > 8 ? `${right.padEnd(23)}  ` : ""}${text}`);
  }
  return lines.join("\n");
}
