// The microphone, or a file of sound: what is said, or which sound it is.

import { $, bars, frame, predicted, say, stream } from "./common.js";

export function listen(model) {
  const silent = new Float32Array(0), writes = model.task === "transcribe", wanted = [writes ? "text" : "probabilities"];
  let context, own, sound, heard = 0;
  $("hint").textContent = writes ? "Speak: what is said is written as it becomes certain." : "Let it hear: which sound it is moves with every frame.";
  const shown = (shares) => bars(model.labels.map((label, place) => [label, shares[place]]));
  $("text").hidden = !writes;
  if (!writes) shown(model.labels.map(() => 0));

  function show(outputs, parameters) {
    if (writes) $("text").append(outputs.text.data[0]);
    else if (outputs.probabilities.shape[0]) shown(outputs.probabilities.data.slice(-model.labels.length));
    if (parameters.sequence_step) $("count").textContent = `${(heard / model.sample_rate).toFixed(1)} s heard`;
  }

  function stop() {
    if (own?.open) own.send(frame("samples", "FP32", [0], silent, wanted, { sequence_end: true }));
    sound?.getTracks().forEach((track) => track.stop());
    context?.close();
    context = null;
    $("go").disabled = !model.streams;
    $("stop").disabled = true;
  }

  async function start() {
    $("go").disabled = true;
    $("text").textContent = "";
    say("");
    own?.close();
    try {
      sound = await navigator.mediaDevices.getUserMedia({ audio: true });
      context = new AudioContext({ sampleRate: model.sample_rate });
      await context.audioWorklet.addModule("/assets/microphone.js");
      heard = 0;
      const mine = own = await stream(model, show);
      const microphone = new AudioWorkletNode(context, "microphone");
      microphone.port.onmessage = (event) => {
        if (!mine.open || !context) return;
        heard += event.data.length;
        mine.send(frame("samples", "FP32", [event.data.length], event.data, wanted, {}));
      };
      context.createMediaStreamSource(sound).connect(microphone);
      $("stop").disabled = false;
    } catch (error) {
      say(error.message);
      $("go").disabled = false;
    }
  }

  $("go").disabled = !model.streams;
  $("go").onclick = start;
  $("stop").onclick = stop;
  $("file").onchange = async () => {
    try {
      const [answer] = await predicted(model, $("file").files[0]);
      say("");
      if (writes) $("text").textContent = answer.text; else shown(model.labels.map((label) => answer.probabilities[label]));
    } catch (error) { say(error.message); }
  };
  return () => { if (context) stop(); own?.close(); };
}
