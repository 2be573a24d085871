// The API, asked with the token of this window.

const KEY = "capstan-token";
let token = "";

// The token stands behind the # of the address printed at the start; it goes out of the address at once.
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    setToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  } else {
    token = sessionStorage.getItem(KEY) || "";
  }
}
export function setToken(value) {
  token = value.trim();
  sessionStorage.setItem(KEY, token);
}

export class ApiError extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

const headers = () => (token ? {Authorization: `Bearer ${token}`} : {});

export function target(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters || {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `/api/v1/${path}${text ? "?" + text : ""}`;
}

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  if (signal) signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("", "AbortError")); });
});

export async function get(path, parameters, signal) {
  for (let attempt = 0; ; attempt++) {
    let response;
    try {
      response = await fetch(target(path, parameters), {headers: headers(), signal, cache: "no-store"});
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "The server cannot be reached.");
    }
    const answer = await response.json().catch(() => ({error: `The answer (${response.status}) is broken.`}));
    if (response.ok) return answer;
    const wait = Number(response.headers.get("Retry-After"));
    if ((response.status === 429 || response.status === 503) && wait > 0 && wait <= 10 && attempt < 4) {
      await pause(wait * 1000, signal);
      continue;
    }
    throw new ApiError(response.status, answer.error || String(response.status));
  }
}

// A download that the browser itself makes, without a header.
export async function download(parameters) {
  const answer = await get("ticket", {for: target("query", parameters)});
  location.assign(answer.url);
}

// Calls `told` with each event until the page goes; `state` says whether there is a connection.
export async function events(told, state) {
  for (;;) {
    try {
      const response = await fetch(target("events"), {headers: headers(), cache: "no-store"});
      if (response.status === 401) return;
      if (!response.ok) throw new Error(String(response.status));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      state(true);
      for (;;) {
        const {value, done} = await reader.read();
        if (done) break;
        text += value;
        let end;
        while ((end = text.indexOf("\n\n")) >= 0) {
          const data = text.slice(0, end).split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
          text = text.slice(end + 2);
          if (data) told(JSON.parse(data));
        }
      }
    } catch { /* it is tried again */ }
    state(false);
    await pause(3000);
  }
}
