// Flows, audit, recorders and recordings.
import {el, count, bytes, short, duration, endpoint, exact, milliseconds, say, plural} from "/dom.js";
import {get} from "/api.js";

class Panel {
  constructor(host) { this.host = host; this.body = el("div"); }
  async load(path, parameters, busy, then) {
    if (this.stop) this.stop.abort();
    this.stop = new AbortController();
    say(this.body, "busy", busy, "");
    this.body.setAttribute("aria-busy", "true");
    try {
      then(await get(path, parameters, this.stop.signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (this.told) this.told(null, null, error);
      say(this.body, "error", "This could not be had", error.message, () => this.load(path, parameters, busy, then));
    } finally {
      this.body.removeAttribute("aria-busy");
    }
  }
}

const cell = (text, kind) => el("td", {class: kind || null}, text);
const link = (text, go) => el("td", {}, el("button", {class: "go", onclick: go}, text));
// On a phone each row is a card, and each cell says what it is.
const table = (heads, rows) => {
  const columns = heads.map((head) => (head instanceof Node ? head : el("th", {scope: "col", class: head.n ? "n" : null}, head.text || head)));
  const names = heads.map((head, i) => head.name || columns[i].textContent.replace(/ [▲▼]$/, ""));
  for (const row of rows) [...row.cells].forEach((one, i) => { one.dataset.name = names[i]; });
  return el("div", {class: "scroll"}, el("table", {}, el("thead", {}, el("tr", {}, ...columns)), el("tbody", {}, ...rows)));
};

export class Flows extends Panel {
  constructor(host, narrow, told) {
    super(host);
    this.narrow = narrow; this.told = told; this.sort = "bytes"; this.by = "flow";
    this.choice = el("select", {id: "flows-by", onchange: (event) => { this.by = event.target.value; this.show(this.question); }},
      ...[["flow", "conversations"], ["host", "hosts"], ["service", "services"], ["pair", "pairs of hosts"]].map(([value, text]) => el("option", {value}, text)));
    this.limit = el("select", {id: "flows-limit", onchange: () => this.show(this.question)}, ...[100, 500, 2000].map((value) => el("option", {value}, value)));
    this.sum = el("span", {class: "muted"});
    host.append(el("div", {class: "tools"}, el("label", {for: "flows-by"}, "Show "), this.choice, el("label", {for: "flows-limit"}, " the first "), this.limit, this.sum), this.body);
  }
  show(question) {
    this.question = question;
    return this.load("flows", {...question, sort: this.sort, by: this.by, limit: this.limit.value}, "Reading indexes…", (answer) => { this.told(answer.completeness); this.fill(answer); });
  }
  head(text, sort, isNumber = true) {
    return el("th", {scope: "col", class: isNumber ? "n" : null, "aria-sort": this.sort === sort ? (sort === "start" ? "ascending" : "descending") : null},
      el("button", {"aria-pressed": this.sort === sort ? "true" : "false", onclick: () => { this.sort = sort; this.show(this.question); }}, text + (this.sort === sort ? (sort === "start" ? " ▲" : " ▼") : "")));
  }
  fill(answer) {
    this.sum.textContent = `of ${plural(answer.flows, "conversation")}`
      + (answer.rows_without_place ? `; ${count(answer.rows_without_place)} more are not told apart` : "")
      + (answer.packets_without_rows ? `; ${plural(answer.packets_without_rows, "packet")} of a scan have no rows` : "")
      + (answer.unread.length ? `; ${plural(answer.unread.length, "file")} could not be read` : "");
    if (!answer.rows.length) { say(this.body, "empty", "No conversations", "Nothing in this time matches."); return; }
    const flow = this.by === "flow";
    const rows = answer.rows.map((row) => {
      const go = () => this.narrow(row.filter);
      const length = (milliseconds(row.end) - milliseconds(row.start)) / 1000;
      const cells = flow
        ? [cell(row.protocol), link(endpoint(row.source, row.source_port), go), cell(endpoint(row.destination, row.destination_port), "mono"), cell(count(row.packets_out), "n"), cell(count(row.packets_back), "n"), cell(bytes(row.bytes_out), "n"), cell(bytes(row.bytes_back), "n"),
          cell(duration(length), "n"), cell(exact(row.start).slice(0, 19), "mono when"), row.packets_lost_meanwhile ? cell(count(row.packets_lost_meanwhile), "n lost") : cell("0", "n")]
        : [link(row.name, go), cell(count(row.flows), "n"), cell(count(row.packets), "n"), cell(bytes(row.bytes), "n"), cell(bytes(row.bytes_sent), "n"), cell(duration(length), "n"), cell(exact(row.start).slice(0, 19), "mono when")];
      return el("tr", {class: "can", title: row.filter, onclick: (event) => { if (event.target.tagName !== "BUTTON") go(); }}, ...cells);
    });
    const heads = flow
      ? ["Protocol", "From", "To", this.head("Packets", "packets"), {text: "back", name: "Packets back", n: 1}, this.head("Bytes", "bytes"), {text: "back", name: "Bytes back", n: 1}, this.head("Lasted", "duration"), this.head("Began", "start", false), {text: "Lost", name: "Lost meanwhile", n: 1}]
      : [{host: "Host", service: "Service", pair: "Pair"}[this.by], {text: "Conversations", n: 1}, this.head("Packets", "packets"), this.head("Bytes", "bytes"), {text: "Sent", n: 1}, this.head("Lasted", "duration"), this.head("Began", "start", false)];
    this.body.replaceChildren(table(heads, rows));
  }
}

export class Audit extends Panel {
  constructor(host, narrow, told) { super(host); this.narrow = narrow; this.told = told; host.append(this.body); }
  show(question) {
    return this.load("audit", question, "Reading every packet for logins…", (answer) => { this.told(answer.completeness); this.fill(answer); });
  }
  fill(answer) {
    if (!answer.services.length) {
      say(this.body, "empty", "No session of an audited protocol", `${plural(answer.packets, "packet")} were read, ${plural(answer.sessions, "session")} among them.`);
      return;
    }
    const share = answer.sessions_recognised ? (100 * answer.encrypted / answer.sessions_recognised).toFixed(1) : "0.0";
    const summary = el("p", {class: "tools"}, el("span", {class: answer.logins_in_clear ? "lost" : "good"}, `${plural(answer.logins_in_clear, "session")} with a login in the clear`),
      el("span", {class: "muted"}, `${share} % of ${plural(answer.sessions_recognised, "session")} encrypted; ${plural(answer.packets, "packet")} read`));
    const services = answer.services.map((one) => el("tr", {}, link(one.server, () => this.narrow(one.filter)), cell(one.protocol), cell(one.verdict, one.rank <= 1 ? "lost" : one.rank >= 6 ? "good" : "bad"),
      cell(count(one.sessions), "n"), cell(count(one.encrypted), "n"), cell(count(one.logins_in_clear), one.logins_in_clear ? "n lost" : "n"), cell(one.oldest_tls || "–"), el("td", {}, ...one.advice.map((text) => el("p", {class: "small"}, text)))));
    const parts = [summary, table(["Server", "Protocol", "Verdict", {text: "Sessions", n: 1}, {text: "Encrypted", n: 1}, {text: "Logins in clear", n: 1}, "Oldest TLS", "What to change"], services)];
    if (answer.logins.length) {
      parts.push(el("h3", {class: "tools"}, "Logins in the clear"), table(["Time", "Client", "Server", "Protocol", "User", "Mechanism", "Secret", {text: "Times", n: 1}],
        answer.logins.map((one) => el("tr", {}, cell(exact(one.time).slice(0, 23), "mono when"), cell(one.client, "mono"), cell(one.server, "mono"), cell(one.protocol), cell(one.user || "–"), cell(one.mechanism), cell(one.secret), cell(count(one.times), "n")))));
    }
    if (answer.left_out.length) parts.push(el("p", {class: "notes"}, "Not looked at: " + answer.left_out.map((one) => one.text).join("; ")));
    this.body.replaceChildren(...parts);
  }
}

export class Recorders {
  constructor(host) { this.host = host; this.before = new Map(); say(host, "busy", "Asking the recorders…", ""); }

  // One event. Returns what came since the last one, for the timeline: null without a running recorder.
  take(status) {
    const now = milliseconds(status.time);
    let sample = null;
    const cards = [];
    for (const one of status.recorders) {
      const stats = one.stats || {}, last = this.before.get(one.pid), seconds = last ? Math.max(0.2, (now - last.now) / 1000) : 0;
      const lost = (stats.packets_dropped || 0) + (stats.packets_failed || 0) + (stats.packets_damaged || 0);
      const since = (key) => (last && stats[key] >= last.stats[key] ? stats[key] - last.stats[key] : 0);
      const rate = {packets: since("packets_received"), bytes: since("bytes_written"), lost: last ? Math.max(0, lost - last.lost) : 0};
      this.before.set(one.pid, {stats, now, lost});
      if (last) {
        sample = sample || {time: now, seconds, packets: 0, bytes: 0, lost: 0, recorders: status.recorders.length};
        sample.packets += rate.packets; sample.bytes += rate.bytes; sample.lost += rate.lost;
      }
      cards.push(this.card(one, stats, rate, seconds, lost));
    }
    if (cards.length) this.host.replaceChildren(el("div", {class: "cards"}, ...cards));
    else say(this.host, "empty", "No recorder is running", "None that this server may ask. A recorder started with capstan record is seen here while it runs.");
    if (!sample && status.recorders.length) sample = {time: now, seconds: 0, packets: 0, bytes: 0, lost: 0, recorders: status.recorders.length};
    return sample;
  }

  card(one, stats, rate, seconds, lost) {
    const rings = stats.rings || [], fill = rings.reduce((most, ring) => Math.max(most, ring.ring_blocks ? (ring.blocks_held || 0) / ring.ring_blocks : 0), 0);
    const per = (value) => (seconds ? short(value / seconds) : "–");
    const rows = [["Received", plural(stats.packets_received || 0, "packet")], ["Written", `${count(stats.packets_written || 0)}, ${bytes(stats.bytes_written || 0)}`]];
    for (const disk of stats.disks || []) rows.push([`Free on ${disk.directory}`, `${bytes(disk.free_bytes)} of ${bytes(disk.total_bytes)}`]);
    for (const state of stats.links || []) rows.push([`Link ${state.name}`, state.state]);
    for (const file of (stats.files || []).slice(0, 4)) rows.push(["File", file.path || ""]);
    const alarms = (stats.alarms || []).filter((alarm) => alarm.active);
    return el("article", {class: "recorder"},
      el("h3", {}, (one.interfaces || []).join(", "), " ", el("span", {class: "muted"}, `process ${one.pid}`)),
      el("p", {class: "big"}, `${per(rate.packets)} packets/s`, el("span", {class: "muted"}, `  ${seconds ? bytes(Math.round(rate.bytes / seconds)) : "–"}/s written`)),
      lost ? el("p", {class: "lost"}, `${count(lost)} lost`) : el("p", {class: "good"}, "none lost"),
      el("div", {}, el("p", {class: "muted"}, `Ring ${Math.round(fill * 100)} % full`), meter(fill)),
      ...alarms.map((alarm) => el("p", {class: "bad"}, `${alarm.alarm || "alarm"} ${alarm.subject || ""}`)),
      el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
  }
}

function meter(share) {
  const inner = el("div", {class: share > 0.75 ? "high" : null});
  inner.style.width = `${Math.min(100, share * 100)}%`;
  return el("div", {class: "meter", role: "meter", "aria-label": "Ring", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(share * 100)}, inner);
}

export class Files extends Panel {
  constructor(host, choose) { super(host); this.choose = choose; host.append(this.body); }
  show(chosen) {
    return this.load("recordings", {}, "Looking at the directories…", (answer) => this.fill(answer, chosen));
  }
  fill(answer, chosen) {
    if (!answer.recordings.length) {
      say(this.body, answer.troubles.length ? "error" : "empty", answer.troubles.length ? "The directories cannot be read" : "Nothing is recorded here yet",
        answer.troubles.map((one) => `${one.file}: ${one.why}`).join("; ") || "Files appear as soon as a recorder has written the first.");
      return;
    }
    const rows = answer.recordings.map((one) => el("tr", {class: "can", onclick: (event) => { if (event.target.tagName !== "BUTTON") this.choose(one); }}, link(one.recording, () => this.choose(one)), cell(count(one.files), "n"),
      cell(exact(one.first).slice(0, 19), "mono when"), cell(exact(one.last).slice(0, 19), "mono when"), cell(count(one.packets), "n"), cell(bytes(one.stored_bytes), "n"),
      one.packets_lost ? cell(count(one.packets_lost), "n lost") : cell(one.files_without_loss_counts ? "not counted" : "0", "n"),
      cell(one.being_written ? "being written" : one.files_not_counted ? `${plural(one.files_not_counted, "file")} without index` : "")));
    const all = chosen ? el("p", {class: "tools"}, `Only ${chosen} is asked. `, el("button", {onclick: () => this.choose(null)}, "Ask all recordings")) : null;
    this.body.replaceChildren(...(all ? [all] : []), table(["Recording", {text: "Files", n: 1}, "First packet", "Last packet", {text: "Packets", n: 1}, {text: "Stored", n: 1}, {text: "Lost", n: 1}, ""], rows),
      ...answer.troubles.map((one) => el("p", {class: "notes"}, `${one.file}: ${one.why}`)));
  }
}
