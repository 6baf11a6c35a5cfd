// Hands the microphone's samples on, a tenth of a second at a time.

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.held = [];
    this.count = 0;
  }

  process([[channel]]) {
    if (!channel) return true;
    this.held.push(channel.slice());
    this.count += channel.length;
    if (this.count >= sampleRate / 10) {
      const samples = new Float32Array(this.count);
      let place = 0;
      for (const part of this.held) { samples.set(part, place); place += part.length; }
      this.port.postMessage(samples, [samples.buffer]);
      this.held = [];
      this.count = 0;
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
