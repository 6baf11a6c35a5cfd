// Series that are drawn or replayed: the class, the labels or the number move with every step.

import { $, bars, latest, line, number, pen, predicted, rowsOf, say, stream, tensor, told } from "./common.js";

const STEP = 3; // pixels
const MOST = 1000; // steps that are kept for a model that reads sequences whole

export function series(model) {
  const size = model.channels.length, canvas = $("pen"), sheet = canvas.getContext("2d"), labels = model.labels;
  let own, opened = 0, timer, steps = 0, begun = false, drawn = [], past = [], whole = [];
  $("channel").replaceChildren(...model.channels.map((name, place) => new Option(name, place)));

  async function open() {
    own?.close();
    own = null;
    const mine = ++opened;
    [steps, begun, drawn, past, whole] = [0, false, [], [], []];
    labels ? bars(labels.map((label) => [label, 0])) : $("bars").replaceChildren();
    paint();
    if (!model.streams) return;
    const made = await stream(model, heard);
    if (mine === opened) own = made; else made.close();
  }

  function heard(outputs) {
    const values = labels ? outputs.probabilities.data.slice(-labels.length) : outputs.value.data.slice(-1);
    labels ? bars(labels.map((label, place) => [label, values[place]])) : number(values[0]);
    steps += 1;
    keep(past, values);
    $("count").textContent = `${steps} steps`;
    history();
  }

  // Models that read both ways cannot go on: they read all of it again.
  const again = latest(async (signal) => {
    const beside = { ...(model.unit && { times: [whole.map((_, place) => place * model.unit)] }), ...(model.static && { static: [model.static] }) };
    told((await predicted(model, { sequences: [whole], ...beside }, signal))[0]);
    $("count").textContent = `${whole.length} steps`;
  }, 100);

  function push(row) {
    if (model.streams && (!own?.open || own.waiting > 5)) return;
    keep(drawn, (row[+$("channel").value] - model.center[+$("channel").value]) / model.spread[+$("channel").value]);
    paint();
    if (!model.streams) {
      whole.push(row);
      if (whole.length > MOST) whole.shift();
      return again();
    }
    const inputs = [tensor("steps", "FP32", [1, 1, size], row)];
    if (model.unit) inputs.push(tensor("times", "FP64", [1, 1], [(steps + own.waiting) * model.unit]));
    if (model.static && !begun) inputs.push(tensor("static", "FP32", [1, model.static.length], model.static));
    begun = true;
    own.send(JSON.stringify({ inputs, outputs: [{ name: labels ? "probabilities" : "value" }] }));
  }

  function keep(list, value) {
    list.push(value);
    if (list.length > canvas.width / STEP) list.shift();
  }

  function paint() {
    sheet.clearRect(0, 0, canvas.width, canvas.height);
    line(sheet, drawn.map((value, place) => [STEP * place, canvas.height * (0.5 - value / 6)]), getComputedStyle(canvas).color);
  }

  function history() {
    const canvas = $("history"), context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    const low = labels ? 0 : Math.min(...past.flat()), high = labels ? 1 : Math.max(...past.flat());
    const height = (value) => canvas.height * (1 - 0.94 * (value - low) / (high - low || 1)) - 3;
    past[0].forEach((_, place) => line(context, past.map((values, step) => [STEP * step, height(values[place])]), `hsl(${(360 * place) / past[0].length + 20} 65% 50%)`));
  }

  const rest = pen(canvas, (height) => {
    const row = [...model.center], channel = +$("channel").value;
    row[channel] += 3 * height * model.spread[channel];
    push(row);
  });
  $("reset").onclick = () => open().then(() => say(""), (error) => say(error.message));
  $("replay").onclick = async () => {
    try {
      const rows = rowsOf($("rows").value, size);
      clearInterval(timer);
      await open();
      say("");
      timer = setInterval(() => (rows.length ? push(rows.shift()) : clearInterval(timer)), 1000 / $("rate").value);
    } catch (error) { say(error.message); }
  };
  open().catch((error) => say(error.message));
  return () => { rest(); clearInterval(timer); opened += 1; own?.close(); };
}
