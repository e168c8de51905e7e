// The camera: asked for by a button, each frame computed when the one before is done.
import { h } from './dom.js';
import type { PictureSource } from './protocol.js';

/** Side of the frames that are computed: a little more than the network needs. */
const FRAME = 256;

const REASONS: Record<string, string> = {
  NotAllowedError:
    'the camera was refused; allow it for this page in the browser’s settings and press the button again',
  NotFoundError: 'no camera was found',
  NotReadableError: 'the camera is in use by another program',
  OverconstrainedError: 'no camera fits',
  SecurityError: 'the browser allows no camera here',
};

export class Camera {
  readonly controls: HTMLElement;
  #look: (source: PictureSource) => Promise<void>;
  #complain: (error: unknown) => void;
  #video = h('video', { muted: true, playsinline: true, hidden: true });
  #button = h(
    'button',
    { type: 'button', onclick: () => void (this.#stream ? this.stop() : this.#start()) },
    'Start the camera',
  );
  #rate = h('span', { class: 'soft', role: 'status' }, 'Its pictures are computed here and sent nowhere.');
  #stream: MediaStream | undefined;
  #gone = false;

  constructor(look: (source: PictureSource) => Promise<void>, complain: (error: unknown) => void) {
    this.#look = look;
    this.#complain = complain;
    this.controls = h('div', { class: 'controls' }, this.#button, this.#rate, this.#video);
  }

  async #start(): Promise<void> {
    try {
      if (!navigator.mediaDevices?.getUserMedia)
        throw new Error('this page has no camera: browsers give it to https: and localhost only');
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment' },
        audio: false,
      });
      // Consent that comes when its page was left: the camera must not stay on.
      if (this.#gone || this.#stream) return end(stream);
      this.#stream = stream;
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      this.stop();
      const { name, message } = error as Error;
      this.#complain(new Error(REASONS[name] ?? message));
      return;
    }
    this.#complain(undefined);
    this.#button.textContent = 'Stop the camera';
    void this.#frames(this.#stream);
  }

  async #frames(stream: MediaStream): Promise<void> {
    const canvas = h('canvas', { width: FRAME, height: FRAME });
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    while (this.#stream === stream) {
      const started = performance.now();
      const { videoWidth: w, videoHeight: height } = this.#video;
      if (w && height) {
        const side = Math.min(w, height);
        context.drawImage(this.#video, (w - side) / 2, (height - side) / 2, side, side, 0, 0, FRAME, FRAME);
        const rgba = context.getImageData(0, 0, FRAME, FRAME).data.buffer;
        try {
          await this.#look({ kind: 'pixels', width: FRAME, height: FRAME, rgba });
        } catch (error) {
          this.stop();
          this.#complain(error);
          return;
        }
        this.#rate.textContent = `${(1000 / (performance.now() - started)).toFixed(0)} pictures a second`;
      }
      await new Promise(requestAnimationFrame);
    }
  }

  stop(): void {
    if (this.#stream) end(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
    this.#button.textContent = 'Start the camera';
  }

  dispose(): void {
    this.#gone = true;
    this.stop();
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
