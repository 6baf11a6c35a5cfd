// A page to try each model: what it shows depends on what the model does and reads.

import { $, ask, bars, latest, predicted, say, told } from "./common.js";
import { forecast } from "./forecast.js";
import { listen } from "./listen.js";
import { series } from "./series.js";
import { watch } from "./watch.js";

let leave = () => {}; // ends what the model that was shown before has running

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
  return () => control?.abort();
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
    told((await predicted(model, { texts: [$("input").value] }, signal))[0]);
  }, 120);
}

function change(model) {
  const fields = model.task === "tag" ? (text) => ({ sentences: [text.trim().split(/\s+/)] }) : (text) => ({ texts: [text] });
  $("go").onclick = latest(async (signal) => {
    const given = fields($("input").value);
    const [answer] = await predicted(model, given, signal);
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
      const [answer] = await predicted(model, { turns });
      turns.push(answer.text || "…");
      show(answer.text || "…", false);
      say("");
    } catch (error) { say(error.message); }
  };
}

const KINDS = {
  forecast: ["forecast", forecast],
  transcribe: ["listen", listen],
  language: ["write", write],
  translate: ["change", change],
  tag: ["change", change],
  chat: ["talk", talk],
};

const READERS = { steps: ["series", series], text: ["read", read], samples: ["listen", listen], frames: ["watch", watch] };

function kind(model) {
  if (["classify", "labels", "regress"].includes(model.task)) return READERS[model.inputs[0]];
  if (model.task === "language" && !model.inputs.includes("text")) return ["other", () => {}];
  return KINDS[model.task] ?? ["other", () => {}];
}

function show(model, buttons) {
  leave();
  say("");
  buttons.forEach((button) => button.setAttribute("aria-pressed", button.textContent === model.name));
  const [template, begin] = kind(model);
  $("main").replaceChildren($(template).content.cloneNode(true));
  leave = begin(model) ?? (() => {});
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
