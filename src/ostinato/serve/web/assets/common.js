// What all parts of the page use: the status line, requests, streams, bars and lines.

export const $ = (id) => document.getElementById(id);
const MOST_BARS = 12;

export function say(message) { $("status").textContent = message; }

export async function post(path, body, signal) {
  const response = await fetch(path, { method: "POST", body, signal });
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
}

export const ask = (path, body, signal) => post(path, JSON.stringify(body), signal);

export async function predicted(model, body, signal) {
  const path = `/v1/models/${model.name}/predict`;
  return (await (await (body instanceof Blob ? post : ask)(path, body, signal)).json()).answers;
}

// Only the last call counts: earlier ones are cut off.
export function latest(work, wait) {
  let timer, control = new AbortController();
  return (...given) => {
    clearTimeout(timer);
    control.abort();
    control = new AbortController();
    const { signal } = control;
    timer = setTimeout(() => work(signal, ...given).then(() => say(""), (error) => signal.aborted || say(error.message)), wait);
  };
}

// A stream of a model: what is sent is answered in its order; `heard` gets the outputs by name.
export async function stream(model, heard) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/models/${model.name}/stream`);
  let open = true;
  const own = {
    waiting: 0,
    get open() { return open && socket.readyState === WebSocket.OPEN; },
    send(message) { own.waiting += 1; socket.send(message); },
    close() { open = false; socket.close(); },
  };
  socket.onmessage = (event) => {
    own.waiting -= 1;
    const answer = JSON.parse(event.data);
    if (!open) return;
    if (answer.error) return say(answer.error);
    heard(Object.fromEntries(answer.outputs.map((one) => [one.name, one])), answer.parameters);
  };
  socket.onclose = (event) => open && event.code !== 1000 && say(event.reason || "The stream has ended; begin a new one.");
  await new Promise((ready, failed) => { socket.onopen = ready; socket.onerror = () => failed(new Error("The stream cannot be opened.")); });
  return own;
}

export const tensor = (name, datatype, shape, data) => ({ name, datatype, shape, data });

// The JSON's length, the JSON, and one tensor's bytes, as docs/serving.md has it.
export function frame(name, datatype, shape, data, outputs, parameters) {
  const input = { name, datatype, shape, parameters: { binary_data_size: data.byteLength } };
  const head = new TextEncoder().encode(JSON.stringify({ inputs: [input], outputs: outputs.map((one) => ({ name: one })), parameters }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length, true);
  return new Blob([length, head, data]);
}

export function bars(shares) {
  const best = shares.filter(([, share]) => share > 0).toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const shown = shares.length <= MOST_BARS ? shares : shares.toSorted((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  $("bars").replaceChildren(...shown.flatMap(([label, share]) => {
    const name = document.createElement("span"), bar = document.createElement("span"), number = document.createElement("span");
    name.textContent = label;
    name.className = label === best ? "best" : "";
    bar.className = "bar";
    bar.append(document.createElement("i"));
    bar.firstChild.style.width = `${100 * share}%`;
    number.className = "share";
    number.textContent = `${(100 * share).toFixed(1)} %`;
    return [name, bar, number];
  }));
}

// What is said of one sequence as JSON: a label, several labels, or a number.
export function told(answer) {
  if (answer.probabilities) return bars(Object.entries(answer.probabilities));
  number(answer.value ?? answer.values.at(-1));
}

export function number(value) {
  const shown = document.createElement("span");
  shown.className = "number";
  shown.textContent = Number(value.toPrecision(6));
  $("bars").replaceChildren(shown);
}

export function line(context, points, color, width = 2) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

// A pen on a canvas: while it is held down its height, from 1 at the top to -1, is told twenty times a second.
export function pen(canvas, step) {
  let height = 0, timer;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    height = 1 - 2 * (event.clientY - box.top) / box.height;
  };
  const stop = () => clearInterval(timer);
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); at(event); stop(); step(height); timer = setInterval(() => step(height), 50); };
  canvas.onpointermove = at;
  canvas.onpointerup = canvas.onpointercancel = stop;
  return stop;
}

// Rows of numbers that are written into the page.
export function rowsOf(text, size) {
  const rows = text.trim().split("\n").map((row) => row.split(/[\s,;]+/).filter(Boolean).map(Number));
  const wrong = rows.findIndex((row) => row.length !== size || row.some(Number.isNaN));
  if (wrong >= 0) throw new Error(`Line ${wrong + 1} is no row of ${size} numbers.`);
  return rows;
}
