// A page to try each model: what it shows depends on the model's task alone.

const $ = (id) => document.getElementById(id);
const MOST_BARS = 12;
let leave = () => {}; // ends what the model that was shown before has running

function say(message) { $("status").textContent = message; }

async function ask(path, body, signal) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(body), signal });
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
}

// Only the last call counts: earlier ones are cut off.
function latest(work, wait) {
  let timer, control = new AbortController();
  return () => {
    clearTimeout(timer);
    control.abort();
    control = new AbortController();
    const { signal } = control;
    timer = setTimeout(() => work(signal).then(() => say(""), (error) => signal.aborted || say(error.message)), wait);
  };
}

function bars(shares) {
  const box = $("bars"), best = shares.toSorted((a, b) => b[1] - a[1])[0]?.[0];
  const shown = shares.length <= MOST_BARS ? shares : shares.toSorted((a, b) => b[1] - a[1]).slice(0, MOST_BARS);
  box.replaceChildren(...shown.flatMap(([label, share]) => {
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

function write(model) {
  let control;
  $("go").onclick = async () => {
    const prompt = $("prompt").value, text = $("text");
    control = new AbortController();
    $("go").disabled = true;
    $("stop").disabled = false;
    text.replaceChildren(Object.assign(document.createElement("span"), { className: "given", textContent: prompt }));
    say("");
    try {
      const body = { prompt, temperature: +$("temperature").value, length: +$("length").value, seed: +$("seed").value };
      const response = await ask(`/v1/models/${model.name}/generate`, body, control.signal);
      for await (const [event, data] of events(response)) {
        if (event === "error") throw new Error(data.error);
        if (event === "message") text.append(data.text);
      }
    } catch (error) {
      if (!control.signal.aborted) say(error.message);
    }
    $("go").disabled = false;
    $("stop").disabled = true;
  };
  $("stop").onclick = () => control?.abort();
  leave = () => control?.abort();
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (held + value).split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s)));
      yield [fields.event ?? "message", JSON.parse(fields.data)];
    }
  }
}

function read(model) {
  $("input").oninput = latest(async (signal) => {
    if (!$("input").value.trim()) return bars([]);
    const response = await ask(`/v1/models/${model.name}/predict`, { texts: [$("input").value] }, signal);
    bars(Object.entries((await response.json()).answers[0].probabilities));
  }, 120);
}

function change(model) {
  const fields = model.task === "tag" ? (text) => ({ sentences: [text.trim().split(/\s+/)] }) : (text) => ({ texts: [text] });
  $("go").onclick = latest(async (signal) => {
    const given = fields($("input").value);
    const [answer] = (await (await ask(`/v1/models/${model.name}/predict`, given, signal)).json()).answers;
    if (answer.text !== undefined) return $("text").replaceChildren(answer.text);
    const words = given.sentences[0].flatMap((word, place) => {
      const tag = Object.assign(document.createElement("span"), { className: "tag", textContent: answer.tags[place] });
      return answer.tags[place] === "O" ? [`${word} `] : [word, tag, " "];
    });
    $("text").replaceChildren(...words, ...(answer.label ? [`→ ${answer.label}`] : []));
  }, 0);
}

function talk(model) {
  const turns = [];
  const show = (text, mine) => $("turns").append(Object.assign(document.createElement("p"), { textContent: text, className: mine ? "mine" : "" }));
  document.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    const said = $("input").value.trim();
    if (!said) return;
    turns.push(said);
    show(said, true);
    $("input").value = "";
    try {
      const [answer] = (await (await ask(`/v1/models/${model.name}/predict`, { turns })).json()).answers;
      turns.push(answer.text || "…");
      show(answer.text || "…", false);
      say("");
    } catch (error) { say(error.message); }
  };
}

function series(model) {
  const size = model.channels.length, pen = $("pen"), sheet = pen.getContext("2d"), past = [];
  let socket, height = null, timer, waiting = 0, steps = 0, drawn = [];
  $("channel").replaceChildren(...model.channels.map((name, place) => new Option(name, place)));

  function open() {
    socket?.close();
    const own = socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/models/${model.name}/stream`);
    waiting = steps = past.length = 0;
    drawn = [];
    bars(model.labels.map((label) => [label, 0]));
    paint();
    own.onmessage = (event) => own === socket && heard(JSON.parse(event.data));
    own.onclose = (event) => own === socket && event.code !== 1000 && say(event.reason || "The stream has ended; begin a new one.");
    return new Promise((ready, failed) => { own.onopen = ready; own.onerror = () => failed(new Error("The stream cannot be opened.")); });
  }

  function heard(answer) {
    waiting -= 1;
    if (answer.error) return say(answer.error);
    const shares = answer.outputs[0].data.slice(-model.labels.length);
    steps += 1;
    past.push(shares);
    if (past.length > pen.width / 3) past.shift();
    $("count").textContent = `${steps} steps`;
    bars(model.labels.map((label, place) => [label, shares[place]]));
    history();
  }

  function push(row) {
    if (socket?.readyState !== WebSocket.OPEN || waiting > 5) return;
    waiting += 1;
    const parameters = {};
    socket.send(JSON.stringify({ inputs: [{ name: "steps", shape: [1, 1, size], datatype: "FP32", data: row }], outputs: [{ name: "probabilities" }], parameters }));
    drawn.push((row[+$("channel").value] - model.center[+$("channel").value]) / model.spread[+$("channel").value]);
    if (drawn.length > pen.width / 3) drawn.shift();
    paint();
  }

  function line(context, values, scale, color) {
    context.beginPath();
    values.forEach((value, place) => context.lineTo(3 * place, scale(value)));
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.stroke();
  }

  function paint() {
    sheet.clearRect(0, 0, pen.width, pen.height);
    line(sheet, drawn, (value) => pen.height * (0.5 - value / 6), getComputedStyle(pen).color);
  }

  function history() {
    const canvas = $("history"), context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    model.labels.forEach((_, place) => line(context, past.map((shares) => shares[place]), (share) => canvas.height * (1 - 0.94 * share) - 3, `hsl(${(360 * place) / model.labels.length + 20} 65% 50%)`));
  }

  function at(event) {
    const box = pen.getBoundingClientRect();
    height = (0.5 - (event.clientY - box.top) / box.height) * 6;
  }

  function step() {
    const row = [...model.center];
    const channel = +$("channel").value;
    row[channel] += height * model.spread[channel];
    push(row);
  }

  pen.onpointerdown = (event) => { pen.setPointerCapture(event.pointerId); at(event); clearInterval(timer); step(); timer = setInterval(step, 50); };
  pen.onpointermove = at;
  pen.onpointerup = pen.onpointercancel = () => clearInterval(timer);
  $("reset").onclick = () => open().then(() => say(""), (error) => say(error.message));
  $("replay").onclick = async () => {
    const rows = $("rows").value.trim().split("\n").map((row) => row.split(/[\s,;]+/).filter(Boolean).map(Number));
    const wrong = rows.findIndex((row) => row.length !== size || row.some(Number.isNaN));
    if (wrong >= 0) return say(`Line ${wrong + 1} is no row of ${size} numbers.`);
    clearInterval(timer);
    await open();
    timer = setInterval(() => (rows.length ? push(rows.shift()) : clearInterval(timer)), 1000 / $("rate").value);
  };
  leave = () => { clearInterval(timer); const own = socket; socket = null; own?.close(); };
  open().catch((error) => say(error.message));
}

function listen(model) {
  let context, socket, sound;
  const silent = new Float32Array(0);

  // The JSON's length, the JSON, and the samples, as docs/serving.md has it.
  function frame(samples, parameters) {
    const head = new TextEncoder().encode(JSON.stringify({ inputs: [{ name: "samples", shape: [samples.length], datatype: "FP32", parameters: { binary_data_size: samples.byteLength } }], outputs: [{ name: "text" }], parameters }));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, head.length, true);
    return new Blob([length, head, samples]);
  }

  function stop() {
    if (socket?.readyState === WebSocket.OPEN) socket.send(frame(silent, { sequence_end: true }));
    sound?.getTracks().forEach((track) => track.stop());
    context?.close();
    context = null;
    $("go").disabled = false;
    $("stop").disabled = true;
  }

  async function start() {
    $("go").disabled = true;
    $("text").textContent = "";
    say("");
    try {
      sound = await navigator.mediaDevices.getUserMedia({ audio: true });
      context = new AudioContext({ sampleRate: model.sample_rate });
      await context.audioWorklet.addModule("/assets/microphone.js");
      const own = socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/models/${model.name}/stream`);
      await new Promise((ready, failed) => { own.onopen = ready; own.onerror = () => failed(new Error("The stream cannot be opened.")); });
      let heard = 0;
      own.onmessage = (event) => {
        const answer = JSON.parse(event.data);
        if (answer.error) return say(answer.error);
        $("text").append(answer.outputs[0].data[0]);
        if (answer.parameters.sequence_step) $("count").textContent = `${(heard / model.sample_rate).toFixed(1)} s heard`;
      };
      const microphone = new AudioWorkletNode(context, "microphone");
      microphone.port.onmessage = (event) => {
        if (own.readyState !== WebSocket.OPEN || !context) return;
        heard += event.data.length;
        own.send(frame(event.data, {}));
      };
      context.createMediaStreamSource(sound).connect(microphone);
      $("stop").disabled = false;
    } catch (error) {
      say(error.message);
      $("go").disabled = false;
    }
  }

  $("go").onclick = start;
  $("stop").onclick = stop;
  leave = () => { if (context) stop(); socket?.close(); };
}

const KINDS = {
  transcribe: ["listen", listen],
  language: ["write", write],
  translate: ["change", change],
  tag: ["change", change],
  chat: ["talk", talk],
};

function kind(model) {
  if (model.task === "classify") return model.channels ? ["series", series] : ["read", read];
  if (model.task === "language" && !model.inputs.includes("text")) return ["other", () => {}];
  return KINDS[model.task] ?? ["other", () => {}];
}

function show(model, buttons) {
  leave();
  leave = () => {};
  say("");
  buttons.forEach((button) => button.setAttribute("aria-pressed", button.textContent === model.name));
  const [template, begin] = kind(model);
  $("main").replaceChildren($(template).content.cloneNode(true));
  begin(model);
}

try {
  const response = await fetch("/v1/models");
  if (!response.ok) throw new Error((await response.json()).error);
  const { models } = await response.json();
  const buttons = models.map((model) => Object.assign(document.createElement("button"), { textContent: model.name, title: `${model.task}, version ${model.version}` }));
  buttons.forEach((button, place) => { button.onclick = () => show(models[place], buttons); });
  $("models").replaceChildren(...buttons);
  show(models[0], buttons);
} catch (error) { say(error.message); }
