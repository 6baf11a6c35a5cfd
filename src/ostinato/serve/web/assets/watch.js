// The camera, or a file of video: which clip it is.

import { $, bars, frame, predicted, say, stream } from "./common.js";

const RATE = 10; // frames a second, where the model does not say

export function watch(model) {
  const { width, height, channels } = model;
  const screen = Object.assign(document.createElement("canvas"), { width, height });
  const sheet = screen.getContext("2d", { willReadFrequently: true });
  let own, timer, sight, seen = 0;
  const shown = (shares) => bars(model.labels.map((label, place) => [label, shares[place]]));
  shown(model.labels.map(() => 0));

  // The picture as the model reads it: grey, or red, green and blue.
  function picture() {
    sheet.drawImage($("sight"), 0, 0, width, height);
    const { data } = sheet.getImageData(0, 0, width, height), made = new Uint8Array(width * height * channels);
    for (let from = 0, to = 0; from < data.length; from += 4) {
      if (channels === 3) for (let color = 0; color < 3; color += 1) made[to++] = data[from + color];
      else made[to++] = 0.299 * data[from] + 0.587 * data[from + 1] + 0.114 * data[from + 2];
    }
    return made;
  }

  function stop() {
    clearInterval(timer);
    sight?.getTracks().forEach((track) => track.stop());
    own?.close();
    $("go").disabled = !model.streams;
    $("stop").disabled = true;
  }

  async function start() {
    $("go").disabled = true;
    say("");
    try {
      sight = await navigator.mediaDevices.getUserMedia({ video: true });
      $("sight").srcObject = sight;
      await $("sight").play();
      seen = 0;
      own = await stream(model, (outputs) => {
        shown(outputs.probabilities.data.slice(-model.labels.length));
        $("count").textContent = `${++seen} frames`;
      });
      timer = setInterval(() => own.open && own.waiting < 5 && own.send(frame("frames", "UINT8", [1, height, width, channels], picture(), ["probabilities"], {})), 1000 / (model.frame_rate ?? RATE));
      $("stop").disabled = false;
    } catch (error) {
      say(error.message);
      stop();
    }
  }

  $("go").disabled = !model.streams;
  $("go").onclick = start;
  $("stop").onclick = stop;
  $("file").onchange = async () => {
    try {
      const [answer] = await predicted(model, $("file").files[0]);
      say("");
      const last = answer.frames ? answer.frames.at(-1) : answer;
      shown(model.labels.map((label) => last.probabilities[label]));
    } catch (error) { say(error.message); }
  };
  return stop;
}
