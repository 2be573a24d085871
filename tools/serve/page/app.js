// The page: what is asked stands in the address, so that a link is the question; everything else follows from it.
import {$, el, count, bytes, plural, setZone, moment, milliseconds, asUtc, toast, copy} from "/dom.js";
import {takeToken, setToken, get, download, events, ApiError} from "/api.js";
import {Timeline} from "/timeline.js";
import {Packets} from "/packets.js";
import {Flows, Audit, Recorders, Files} from "/tables.js";

const SPANS = [["15 minutes", "-15m"], ["1 hour", "-1h"], ["24 hours", "-24h"], ["7 days", "-7d"], ["Everything", ""]];
const EXAMPLES = ["host 192.0.2.7", "tcp port 443", "net 10.0.0.0/8 and not port 22", "udp port 53", "tcp[tcpflags] & tcp-syn != 0", "vlan 10", "icmp or icmp6", "greater 1000", "ether host 02:00:00:00:00:01"];
const TABS = ["packets", "flows", "audit", "recorders", "files"];

const state = {since: "", until: "", filter: "", recording: "", tab: "packets"};
const zooms = [];
let about = null, checked = 0, listening = false, timeline, views, stopTimeline;

const question = () => ({since: state.since, until: state.until, filter: state.filter, recording: state.recording});

function readAddress() {
  const given = new URLSearchParams(location.search);
  for (const name of Object.keys(state)) state[name] = given.get(name) || (name === "tab" ? "packets" : "");
  if (!TABS.includes(state.tab)) state.tab = "packets";
}
function writeAddress(push) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value && !(name === "tab" && value === "packets")) query.set(name, value);
  const text = query.toString();
  history[push ? "pushState" : "replaceState"](null, "", text ? `/?${text}` : "/");
}

function ask(changes, push = true) {
  Object.assign(state, changes);
  writeAddress(push);
  fillForm();
  showTab();
  showTimeline();
}

function fillForm() {
  for (const name of ["since", "until", "filter"]) if ($(name) !== document.activeElement || $(name).value !== state[name]) $(name).value = state[name];
  for (const button of $("spans").children) button.setAttribute("aria-pressed", button.dataset.since === state.since && !state.until ? "true" : "false");
  check();
}

// What libpcap and the server say while something is typed, beside the field that it is about.
async function check() {
  const number = ++checked;
  const typed = {since: $("since").value.trim(), until: $("until").value.trim(), filter: $("filter").value.trim()};
  let answer;
  try { answer = await get("check", typed); } catch (error) { if (error.status === 401) shut(); return; }
  if (number !== checked) return;
  const show = (name, wrong, right) => {
    const says = $(`${name}-says`);
    says.textContent = wrong || right || "";
    says.className = `says${wrong ? " wrong" : right ? " right" : ""}`;
    $(name).setAttribute("aria-invalid", wrong ? "true" : "false");
  };
  for (const name of ["since", "until"]) {
    const one = typed[name] ? answer[name] : null;
    show(name, one && one.error ? one.error.replace(/^(since|until) /, "") : "", one && one.time ? moment(milliseconds(one.time)) : "");
  }
  show("filter", typed.filter && answer.filter.error ? answer.filter.error : "", typed.filter && !answer.filter.error ? "understood" : "");
}

async function showTimeline() {
  if (stopTimeline) stopTimeline.abort();
  stopTimeline = new AbortController();
  $("timeline").setAttribute("aria-busy", "true");
  try {
    const answer = await get("timeline", {since: state.since, until: state.until, recording: state.recording}, stopTimeline.signal);
    timeline.show(answer, !state.until);
    const sum = (list) => list.reduce((a, b) => a + b, 0), lost = sum(answer.lost);
    $("timeline-sum").replaceChildren(`${plural(sum(answer.packets), "packet")}, ${bytes(sum(answer.bytes))} in ${plural(answer.files, "file")}; `,
      lost ? el("b", {}, `${count(lost)} lost`) : answer.files_without_loss_counts ? `${plural(answer.files_without_loss_counts, "file")} without loss counts` : "none lost");
    // What is being recorded is drawn by what its recorder says, when it is one that this server may ask.
    const undrawn = answer.not_counted.filter((one) => one.why !== "it is being recorded");
    const more = answer.files_not_counted - (answer.not_counted.length - undrawn.length);
    const notes = undrawn.length ? `${plural(more, "file")} not drawn: ${undrawn.slice(0, 2).map((one) => `${one.file}: ${one.why}`).join("; ")}${more > 2 ? "; …" : ""}` : "";
    $("timeline-notes").textContent = notes;
    if (!answer.begin || (!sum(answer.packets) && !answer.recorded_from)) $("timeline-sum").textContent = "Nothing is recorded yet";
    else if (!sum(answer.packets)) $("timeline-sum").textContent = `Nothing in this time; recorded from ${moment(milliseconds(answer.recorded_from))} to ${moment(milliseconds(answer.recorded_to))}`;
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 401) { shut(); return; }
    $("timeline-sum").textContent = "";
    $("timeline-notes").textContent = error.message;
  } finally {
    $("timeline").removeAttribute("aria-busy");
  }
}

function chooseTime(from, to) {
  zooms.push({since: state.since, until: state.until});
  $("zoom-back").disabled = false;
  ask({since: asUtc(Math.floor(from)), until: asUtc(Math.ceil(to))});
}
function zoomBack() {
  const before = zooms.pop();
  $("zoom-back").disabled = zooms.length === 0;
  if (before) ask(before);
}

// Green only when nothing was lost.
function showCompleteness(record, total, failure) {
  const box = $("complete");
  box.hidden = Boolean(failure);
  if (!record) { box.dataset.state = "busy"; box.replaceChildren(el("p", {class: "verdict"}, "Whether this is all: not known yet…")); return; }
  const name = record.files === 0 && !record.unreadable.length ? "nothing" : record.complete ? "yes"
    : record.packets_lost || record.losses.length || record.damaged.length || record.unreadable.length || record.absent.length || record.interrupted ? "no" : "unknown";
  const parts = [];
  for (const one of record.losses.slice(0, 100)) {
    const where = one.ring !== undefined ? `ring ${one.ring}` : "its interfaces";
    parts.push(`${one.packets ? plural(one.packets, "packet") : "Packets"} lost ${one.from ? `after ${moment(milliseconds(one.from), 0.1)}` : ""} ${one.to ? `before ${moment(milliseconds(one.to), 0.1)}` : ""} on ${where}: some may have been yours (${one.file})`);
  }
  if (record.losses.length > 100 || record.losses_omitted) parts.push(`${count(record.losses.length - Math.min(100, record.losses.length) + record.losses_omitted)} more losses`);
  for (const one of record.damaged) parts.push(`${one.file} is not whole, read up to there: ${one.why}`);
  for (const one of record.unreadable) parts.push(`${one.file} could not be read: ${one.why}`);
  for (const one of record.absent) parts.push(one);
  for (const one of record.being_written) parts.push(`${one} is being written: read up to what was in it`);
  if (record.without_loss_counts.length) parts.push(`${plural(record.without_loss_counts.length, "file")} without loss counts: ${record.without_loss_counts.slice(0, 3).join(", ")}${record.without_loss_counts.length > 3 ? ", …" : ""}`);
  if (record.limit) parts.push(`The answer ends with ${record.limit}: what follows was not looked at`);
  const verdict = name === "nothing" ? "No recording covers this time" : record.verdict[0].toUpperCase() + record.verdict.slice(1);
  const found = total === null || total === undefined ? "" : ` ${plural(total, "packet")} found in ${plural(record.files, "file")}.`;
  box.dataset.state = name;
  const head = [`${verdict}.`, el("span", {class: "small"}, found)];
  box.replaceChildren(parts.length ? el("details", {open: name === "no" && parts.length <= 4}, el("summary", {}, ...head), el("ul", {}, ...parts.map((text) => el("li", {}, text)))) : el("p", {class: "verdict"}, ...head));
}

function showTab() {
  for (const name of TABS) {
    const chosen = name === state.tab;
    $(`tab-${name}`).setAttribute("aria-selected", chosen ? "true" : "false");
    $(`tab-${name}`).tabIndex = chosen ? 0 : -1;
    $(`panel-${name}`).hidden = !chosen;
  }
  $("complete").hidden = !["packets", "flows", "audit"].includes(state.tab);
  if (state.tab === "packets") views.packets.show(question());
  if (state.tab === "flows") { showCompleteness(null); views.flows.show(question()); }
  if (state.tab === "audit") { showCompleteness(null); views.audit.show(question()); }
  if (state.tab === "files") views.files.show(state.recording);
}

// A filter of something clicked, within what was asked already.
function narrow(filter) {
  const joined = state.filter && state.filter !== filter ? `(${state.filter}) and (${filter})` : filter;
  ask({filter: joined, tab: "packets"});
  $("results").scrollIntoView({block: "nearest"});
}

const quoted = (text) => (/^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
function command() {
  const words = ["capstan", "query"];
  for (const directory of about.directories) words.push("-r", quoted(directory));
  if (state.since) words.push("--since", quoted(state.since));
  if (state.until) words.push("--until", quoted(state.until));
  words.push("-w", "found.pcapng");
  if (state.filter) words.push(quoted(state.filter));
  return words.join(" ");
}

function wire() {
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask({since: $("since").value.trim(), until: $("until").value.trim(), filter: $("filter").value.trim()});
  });
  let timer = 0;
  for (const name of ["since", "until", "filter"]) $(name).addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 150); });
  for (const [text, since] of SPANS) $("spans").append(el("button", {type: "button", "data-since": since, onclick: () => ask({since, until: ""})}, text));
  for (const text of EXAMPLES) $("examples").append(el("button", {type: "button", onclick: () => { $("filter").value = text; $("filter").focus(); check(); }}, text));
  const bits = (on) => { timeline.bits = on; $("show-bits").setAttribute("aria-pressed", String(on)); $("show-packets").setAttribute("aria-pressed", String(!on)); timeline.draw(); };
  $("show-bits").addEventListener("click", () => bits(true));
  $("show-packets").addEventListener("click", () => bits(false));
  $("zoom-out").addEventListener("click", () => timeline.zoom(2));
  $("zoom-back").addEventListener("click", zoomBack);
  for (const name of TABS) $(`tab-${name}`).addEventListener("click", () => { state.tab = name; writeAddress(true); showTab(); });
  document.querySelector(".tabs").addEventListener("keydown", (event) => {
    const go = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!go) return;
    state.tab = TABS[(TABS.indexOf(state.tab) + go + TABS.length) % TABS.length];
    writeAddress(true);
    showTab();
    $(`tab-${state.tab}`).focus();
  });
  $("download").addEventListener("click", async () => {
    try { await download(question()); toast("The download begins. Its last comment says whether it is whole."); } catch (error) { toast(error.message); }
  });
  $("copy-link").addEventListener("click", () => copy(location.href, "Link"));
  $("copy-command").addEventListener("click", () => copy(command(), "Command"));
  addEventListener("popstate", () => { readAddress(); ask({}, false); });
}

function setTheme(value) {
  if (value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  localStorage.setItem("capstan-theme", value);
  $("theme").value = value;
}

function hear(status) {
  const sample = views.recorders.take(status);
  const live = $("live");
  if (!sample) { live.dataset.state = "off"; live.textContent = "No recorder is running"; return; }
  live.dataset.state = sample.lost ? "loss" : "on";
  live.textContent = `${plural(sample.recorders, "recorder")} running${sample.seconds ? `: ${count(Math.round(sample.packets / sample.seconds))} packets/s` : ""}${sample.lost ? `, ${count(sample.lost)} lost` : ""}`;
  timeline.addLive(sample);
}

function shut() {
  $("main").hidden = true;
  $("door").hidden = false;
  $("token").focus();
}

async function open() {
  try {
    about = await get("about");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) { shut(); return; }
    $("main").hidden = true;
    $("door").hidden = false;
    $("door-form").hidden = true;
    $("door-title").textContent = error.status === 403 ? "This page may not ask" : "The server cannot be asked";
    $("door-says").textContent = error.message;
    return;
  }
  $("door").hidden = true;
  $("main").hidden = false;
  $("where").textContent = `${about.directories.join(", ")} on ${location.hostname}, clock ${about.utc_offset}, as ${about.who}`;
  ask({}, false);
  if (listening) return;
  listening = true;
  // Finished files take the place of what was drawn live.
  setInterval(() => { if (!state.until && !document.hidden) showTimeline(); }, 30000);
  events(hear, (on) => { if (!on) { $("live").dataset.state = "off"; $("live").textContent = "Not connected"; } });
}

function start() {
  takeToken();
  setTheme(localStorage.getItem("capstan-theme") || "auto");
  $("theme").addEventListener("change", (event) => setTheme(event.target.value));
  const zone = localStorage.getItem("capstan-zone") || "utc";
  setZone(zone);
  $("zone").value = zone;
  $("zone").addEventListener("change", (event) => { localStorage.setItem("capstan-zone", event.target.value); setZone(event.target.value); ask({}, false); });
  timeline = new Timeline($("timeline"), $("timeline-at"), chooseTime, zoomBack);
  views = {
    packets: new Packets($("panel-packets"), (record, total, failure) => { if (state.tab === "packets") showCompleteness(record, total, failure); }, narrow),
    flows: new Flows($("panel-flows"), narrow, (record, total, failure) => { if (state.tab === "flows") showCompleteness(record, total, failure); }),
    audit: new Audit($("panel-audit"), narrow, (record, total, failure) => { if (state.tab === "audit") showCompleteness(record, total, failure); }),
    recorders: new Recorders($("panel-recorders")),
    files: new Files($("panel-files"), (one) => ask(one ? {recording: one.recording, since: "", until: "", tab: "packets"} : {recording: ""})),
  };
  wire();
  readAddress();
  $("door-form").addEventListener("submit", (event) => { event.preventDefault(); setToken($("token").value); $("token").value = ""; $("door-says").textContent = "That token was not right."; open(); });
  open();
}

start();
