// The timeline: packets or bits by step, losses below and through them. Dragging and the keyboard choose a time.
import {svg, count, short, duration, moment, milliseconds, plural} from "/dom.js";

const LEFT = 64, RIGHT = 12, TOP = 10, AXIS = 22, LANE = 26;

export class Timeline {
  constructor(host, at, onChoose, onZoom) {
    this.host = host; this.at = at; this.onChoose = onChoose; this.onZoom = onZoom;
    this.bits = false; this.data = null; this.live = []; this.cursor = null; this.anchor = null; this.drag = null;
    new ResizeObserver(() => this.draw()).observe(host);
    host.addEventListener("pointerdown", (event) => this.down(event));
    host.addEventListener("pointermove", (event) => this.move(event));
    host.addEventListener("pointerup", (event) => this.up(event));
    host.addEventListener("pointercancel", () => { this.drag = null; this.draw(); });
    host.addEventListener("pointerleave", () => { if (!this.drag) { this.cursor = null; this.draw(); } });
    host.addEventListener("keydown", (event) => this.key(event));
  }

  show(answer, until) {
    if (!answer.begin) { this.data = null; this.draw(); return; }
    const step = answer.step_s * 1000;
    this.data = {
      begin: milliseconds(answer.begin), step, packets: answer.packets, bytes: answer.bytes, lost: answer.lost,
      recordedTo: milliseconds(answer.recorded_to), open: until,
    };
    if (!this.data.open) this.live = [];
    this.draw();
  }

  // A second of running recorders; drawn at the live edge.
  addLive(sample) {
    this.live.push(sample);
    if (this.live.length > 3600) this.live.shift();
    if (this.data && this.data.open) this.draw();
  }

  steps() {
    const {begin, step, packets, bytes, lost, open, recordedTo} = this.data;
    const all = packets.map((value, i) => ({packets: value, bytes: bytes[i], lost: lost[i]}));
    if (open) {
      for (const sample of this.live) {
        // It is of the seconds in front of it, and of all steps among them alike.
        const from = Math.max(recordedTo || 0, sample.time - sample.seconds * 1000);
        const first = Math.floor((from - begin) / step), last = Math.max(first, Math.floor((sample.time - begin) / step) - 1);
        if (sample.time <= recordedTo || first < 0 || last > 20000) continue;
        while (all.length <= last) all.push({packets: 0, bytes: 0, lost: 0});
        const of = (value, i) => Math.floor(value * (i - first + 1) / (last - first + 1)) - Math.floor(value * (i - first) / (last - first + 1));
        for (let i = first; i <= last; i++) {
          for (const name of ["packets", "bytes", "lost"]) all[i][name] += of(sample[name], i);
        }
      }
    }
    return all;
  }

  span() { return [this.data.begin, this.data.begin + this.data.step * this.shown.length]; }
  timeAt(x) {
    const [begin, end] = this.span();
    return begin + (end - begin) * Math.min(1, Math.max(0, (x - LEFT) / (this.width - LEFT - RIGHT)));
  }
  xOf(time) {
    const [begin, end] = this.span();
    return LEFT + (this.width - LEFT - RIGHT) * ((time - begin) / (end - begin));
  }

  draw() {
    const host = this.host;
    this.width = host.clientWidth; this.height = host.clientHeight;
    if (!this.data || this.width < 100) { host.replaceChildren(); return; }
    this.shown = this.steps();
    const plot = this.height - TOP - AXIS - LANE, base = TOP + plot, seconds = this.data.step / 1000;
    const value = (one) => (this.bits ? one.bytes * 8 : one.packets) / seconds;
    const most = Math.max(1e-9, ...this.shown.map(value));
    const [unit, per] = [[1, "s"], [60, "min"], [3600, "h"]].find(([times]) => most * times >= 1) || [86400, "day"];
    const top = niceTop(most * unit) / unit;
    const root = svg("svg", {viewBox: `0 0 ${this.width} ${this.height}`, "aria-hidden": "true"});
    for (const share of [0.5, 1]) {
      const y = base - plot * share;
      root.append(svg("line", {class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y}));
      root.append(svg("text", {x: LEFT - 8, y: y + 4, "text-anchor": "end"}, short(top * unit * share) + (this.bits ? "b/" : "/") + per));
    }
    root.append(svg("line", {class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: base, y2: base}));
    const wide = (this.width - LEFT - RIGHT) / this.shown.length;
    let bars = "", loss = "", bands = "", lost = 0;
    const worst = Math.max(1, ...this.shown.map((one) => one.lost));
    this.shown.forEach((one, i) => {
      const x = (LEFT + i * wide).toFixed(2), gap = wide > 4 ? 1 : 0, w = Math.max(wide - gap, 0.6).toFixed(2);
      const h = value(one) === 0 ? 0 : Math.max(1, plot * value(one) / top);
      if (h > 0) bars += `M${x} ${base}v${(-h).toFixed(2)}h${w}v${h.toFixed(2)}z`;
      if (one.lost > 0) {
        lost += one.lost;
        const tall = 5 + (LANE - 11) * Math.sqrt(one.lost / worst), broad = Math.max(wide, 3).toFixed(2);
        loss += `M${x} ${base + LANE - 4}v${(-tall).toFixed(2)}h${broad}v${tall.toFixed(2)}z`;
        bands += `M${x} ${TOP}h${broad}v${plot + LANE - 4}h-${broad}z`;
      }
    });
    root.append(svg("path", {class: "bars", d: bars || "M0 0"}));
    root.append(svg("path", {class: "lossband", d: bands || "M0 0"}), svg("path", {class: "loss", d: loss || "M0 0"}));
    root.append(svg("text", {x: LEFT - 8, y: base + LANE - 6, "text-anchor": "end", class: lost ? "losstext" : ""}, lost ? "lost" : "no loss"));
    this.axis(root, base + LANE);
    this.marks(root, base + LANE - 4);
    host.replaceChildren(root);
    this.tell();
  }

  axis(root, y) {
    const [begin, end] = this.span();
    const wanted = Math.max(2, Math.floor((this.width - LEFT - RIGHT) / 150));
    const step = niceTime((end - begin) / wanted);
    const offset = moment(0).slice(11) === "00:00:00" ? 0 : -new Date(begin).getTimezoneOffset() * 60000;
    let day = "";
    for (let at = Math.ceil((begin + offset) / step) * step - offset; at <= end; at += step) {
      const x = this.xOf(at), text = moment(at, step / 1000);
      root.append(svg("line", {class: "grid", x1: x, x2: x, y1: y - 4, y2: y + 1}));
      const label = step >= 86400000 ? text.slice(0, 10) : text.slice(0, 10) !== day ? `${text.slice(5, 10)} ${clock(text, step)}` : clock(text, step);
      day = text.slice(0, 10);
      if (x > LEFT - 1 && x < this.width - 40) root.append(svg("text", {x, y: y + 16, "text-anchor": x < LEFT + 30 ? "start" : "middle"}, label));
    }
  }

  marks(root, bottom) {
    const chosen = this.drag ? [this.drag.from, this.drag.to] : this.anchor !== null && this.cursor !== null ? [this.anchor, this.cursor] : null;
    if (chosen) {
      const [a, b] = [this.xOf(Math.min(...chosen)), this.xOf(Math.max(...chosen))];
      root.append(svg("rect", {class: "chosen", x: a, y: TOP, width: Math.max(1, b - a), height: bottom - TOP}));
    }
    if (this.cursor !== null) {
      const x = this.xOf(this.cursor);
      root.append(svg("line", {class: "cursor", x1: x, x2: x, y1: TOP, y2: bottom}));
    }
  }

  tell() {
    this.at.replaceChildren();
    const [begin, end] = this.span(), step = this.data.step;
    let from = begin, to = end;
    if (this.drag || (this.anchor !== null && this.cursor !== null)) {
      const pair = this.drag ? [this.drag.from, this.drag.to] : [this.anchor, this.cursor];
      [from, to] = [Math.min(...pair), Math.max(...pair)];
    } else if (this.cursor !== null) {
      from = begin + Math.floor((this.cursor - begin) / step) * step; to = from + step;
    } else return;
    let packets = 0, bytes = 0, lost = 0;
    const last = Math.min(this.shown.length - 1, Math.ceil((to - begin) / step) - 1);
    for (let i = Math.max(0, Math.floor((from - begin) / step)); i <= last; i++) {
      packets += this.shown[i].packets; bytes += this.shown[i].bytes; lost += this.shown[i].lost;
    }
    this.at.append(`${moment(from, step / 1000)} + ${duration((to - from) / 1000)}: ${plural(packets, "packet")}, ${short(bytes * 8 / Math.max(1e-3, (to - from) / 1000))}b/s, `);
    if (lost) {
      const strong = document.createElement("b");
      strong.textContent = `${count(lost)} lost`;
      this.at.append(strong);
    } else this.at.append("none lost");
  }

  down(event) {
    if (!this.data || event.button !== 0) return;
    const time = this.timeAt(event.offsetX);
    this.drag = {from: time, to: time, x: event.offsetX};
    this.anchor = null;
    this.host.setPointerCapture(event.pointerId);
  }
  move(event) {
    if (!this.data) return;
    const x = event.clientX - this.host.getBoundingClientRect().left;
    this.cursor = this.timeAt(x);
    if (this.drag) this.drag.to = this.cursor;
    this.draw();
  }
  up(event) {
    if (!this.drag) return;
    const {from, to, x} = this.drag;
    this.drag = null;
    const moved = Math.abs(event.clientX - this.host.getBoundingClientRect().left - x);
    if (moved >= 4) this.onChoose(Math.min(from, to), Math.max(from, to));
    else this.draw();
  }

  key(event) {
    if (!this.data) return;
    const [begin, end] = this.span(), step = this.data.step;
    if (this.cursor === null) this.cursor = (begin + end) / 2;
    const far = event.ctrlKey ? 10 : 1;
    const go = {ArrowLeft: -step * far, ArrowRight: step * far, PageUp: -(end - begin) / 10, PageDown: (end - begin) / 10, Home: begin - this.cursor, End: end - this.cursor}[event.key];
    if (go !== undefined) {
      if (event.shiftKey && this.anchor === null) this.anchor = this.cursor;
      if (!event.shiftKey) this.anchor = null;
      this.cursor = Math.min(end, Math.max(begin, this.cursor + go));
    } else if (event.key === "Enter" && this.anchor !== null && this.anchor !== this.cursor) {
      const pair = [this.anchor, this.cursor];
      this.anchor = null;
      this.onChoose(Math.min(...pair), Math.max(...pair));
    } else if (event.key === "+" || event.key === "=") this.zoom(0.5);
    else if (event.key === "-") this.zoom(2);
    else if (event.key === "Backspace") this.onZoom();
    else if (event.key === "Escape") { this.anchor = null; this.cursor = null; }
    else return;
    event.preventDefault();
    if (this.data) this.draw();
  }

  zoom(by) {
    if (!this.data) return;
    const [begin, end] = this.span(), middle = this.cursor !== null ? this.cursor : (begin + end) / 2;
    const half = Math.max((end - begin) * by / 2, 1);
    this.cursor = null;
    this.onChoose(middle - half, middle + half);
  }
}

const clock = (text, step) => (step >= 60000 ? text.slice(11, 16) : text.slice(11));

function niceTop(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((times) => times * unit).find((one) => one >= value);
}

function niceTime(ms) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5];
  return steps.find((one) => one >= ms) || Math.ceil(ms / 864e5) * 864e5;
}
