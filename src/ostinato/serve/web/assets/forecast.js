// A series that is drawn or replayed, and what the model says comes next, step by step.

import { $, line, pen, rowsOf, say, stream, tensor } from "./common.js";

const STEP = 3; // pixels
const [LOW, HIGH] = [7, 13]; // between which values are drawn: the model knows no scale of its own
const BEGIN = 24; // steps of a context, at most, that are waited for before the first forecast

export function forecast(model) {
  const canvas = $("pen"), sheet = canvas.getContext("2d"), known = model.known.length;
  const columns = [...model.targets, ...[...model.past, ...model.known].map((one) => one.name)], size = columns.length;
  const least = Math.max(model.least, Math.min(model.context, BEGIN));
  let own, opened = 0, timer, begun = false, rows = [], ahead = [], said = null, range = [LOW, HIGH], steps = 0;
  $("channel").replaceChildren(...model.targets.map((name, place) => new Option(name, place)));
  const target = () => +$("channel").value;

  async function open() {
    own?.close();
    own = null;
    const mine = ++opened;
    [begun, rows, ahead, said, range, steps] = [false, [], [], null, [LOW, HIGH], 0];
    paint();
    const made = await stream(model, heard);
    if (mine === opened) own = made; else made.close();
  }

  function heard(outputs) {
    said = outputs;
    const next = outputs.forecast.data[target()];
    $("next").textContent = `${outputs.time.data[0]}: ${Number(next.toPrecision(5))}`;
    paint();
  }

  function push(row) {
    if (!own?.open || own.waiting > 5) return;
    rows.push(row);
    steps += 1;
    $("count").textContent = steps < least ? `${steps} of ${least} steps` : `${steps} steps`;
    if (steps >= least) send(begun ? [row] : rows);
    if (rows.length > Math.max(least, canvas.width)) rows.shift();
    paint();
  }

  function send(fresh) {
    const inputs = [tensor("history", "FP64", [1, fresh.length, size], fresh.flat())];
    if (known) inputs.push(tensor("future", "FP64", [1, model.horizon, known], future()));
    if (!begun && model.timed) inputs.push(tensor("start", "BYTES", [1], ["2024-01-01"]));
    if (!begun && model.static.length) inputs.push(tensor("static", "BYTES", [1, model.static.length], model.static));
    begun = true;
    own.send(JSON.stringify({ inputs }));
  }

  // What is known of the steps ahead: the rows that are yet to be replayed, and then the last one again.
  function future() {
    const coming = [...ahead.slice(0, model.horizon)];
    while (coming.length < model.horizon) coming.push(coming.at(-1) ?? rows.at(-1));
    return coming.flatMap((row) => row.slice(size - known));
  }

  // The numbers of one target, of the outputs that are (1, H, C).
  const of = (name) => said[name].data.filter((_, place) => place % model.targets.length === target());

  function paint() {
    sheet.clearRect(0, 0, canvas.width, canvas.height);
    const now = Math.round(canvas.width * 0.66), past = rows.slice(-Math.floor(now / STEP)).map((row) => row[target()]);
    const wide = (canvas.width - now) / (model.horizon + 1), left = now - STEP * (past.length - 1);
    const told = said && ["forecast", ...model.bands.flatMap((low) => [low, low.replace("low", "high")])].map(of);
    const all = [...past, ...(told ?? []).flat()], [low, high] = range ?? [Math.min(...all), Math.max(...all)];
    const y = (value) => canvas.height * (0.96 - 0.92 * (value - low) / (high - low || 1));
    const x = (step) => now + wide * (step + 1);
    const { color, accentColor } = getComputedStyle(canvas);
    line(sheet, [[now, 0], [now, canvas.height]], color, 0.3);
    if (told) {
      const [point, ...ends] = told.map((values) => [past.at(-1), ...values].map((value, step) => [x(step - 1), y(value)]));
      for (let place = 0; place < ends.length; place += 2) band(ends[place], ends[place + 1], accentColor);
      line(sheet, point, accentColor, 3);
    }
    line(sheet, past.map((value, place) => [left + STEP * place, y(value)]), color);
  }

  function band(lower, upper, color) {
    sheet.beginPath();
    [...lower, ...upper.toReversed()].forEach(([x, y]) => sheet.lineTo(x, y));
    sheet.globalAlpha = 0.15;
    sheet.fillStyle = color;
    sheet.fill();
    sheet.globalAlpha = 1;
  }

  const rest = pen(canvas, (height) => {
    const row = [...model.targets.map(() => (LOW + HIGH) / 2), ...[...model.past, ...model.known].map((one) => one.center)];
    row[target()] += (height * (HIGH - LOW)) / 2 / 0.92;
    push(row);
  });
  $("channel").onchange = paint;
  $("columns").textContent = columns.join(", ");
  $("reset").onclick = () => open().then(() => say(""), (error) => say(error.message));
  $("replay").onclick = async () => {
    try {
      const given = rowsOf($("rows").value, size);
      if (given.length < least) throw new Error(`${given.length} rows are too few: a forecast needs ${least}.`);
      clearInterval(timer);
      await open();
      say("");
      [range, ahead] = [null, given];
      timer = setInterval(() => (ahead.length ? push(ahead.shift()) : clearInterval(timer)), 1000 / $("rate").value);
    } catch (error) { say(error.message); }
  };
  open().catch((error) => say(error.message));
  return () => { rest(); clearInterval(timer); opened += 1; own?.close(); };
}
