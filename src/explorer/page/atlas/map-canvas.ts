// The map as a canvas: moved and zoomed by pointer, wheel, fingers and keys. All points are drawn, in a picture of the whole
// that is kept while nothing but what fires changes.
import { h } from '../dom.js';
import type { MapData } from './data.js';

/** Colours of categories, the last for all others; as the style sheet's m0 to m9. */
export const COLOURS = [
  ...['#d9730d', '#2563a8', '#2e7d4f', '#b3261e', '#7a4bb0', '#0f8a8a', '#b0377f', '#8a6d1b', '#3b3f8f'],
  '#8a929b',
];
const [MOST_ZOOM, STEP, NEAR] = [200, 1.5, 14];
/** Pictures drawn at once. */
const MOST_PICTURES = 900;

export interface Lit {
  document: Int32Array;
  /** 0..1 */
  value: Float32Array;
}

export interface MapView {
  /** Middle of what is seen, in the unit square of the map, and how many times it is enlarged. */
  x: number;
  y: number;
  zoom: number;
}

export class MapCanvas {
  readonly element: HTMLCanvasElement;
  view: MapView;
  #x: Float32Array;
  #y: Float32Array;
  #category: Uint8Array;
  #lit: Lit | undefined;
  #coloured: boolean;
  #frame = 0;
  #hit = -1;
  #pointers = new Map<number, { x: number; y: number }>();
  #moved = false;
  #picture: (row: number) => string | undefined;
  #images = new Map<number, HTMLImageElement>();

  constructor(
    data: MapData,
    view: MapView,
    {
      categories,
      picture,
      ...on
    }: { categories: boolean } & {
      /** Address of a document's picture. */
      picture: (row: number) => string | undefined;
      onMove: (view: MapView) => void;
      /** The document that is pointed at, -1 for none. */
      onPoint: (row: number) => void;
      onOpen: (row: number) => void;
    },
  ) {
    this.view = view;
    this.#coloured = categories;
    [this.#x, this.#y] = [unit(data.x), unit(data.y)];
    this.#category = data.category;
    this.#picture = picture;
    this.element = h('canvas', {
      class: 'map-canvas',
      tabindex: 0,
      role: 'application',
      'aria-label':
        'map of documents: arrow keys move it, plus and minus zoom, Enter opens the document nearest to the middle',
      onwheel: (event: WheelEvent) => {
        event.preventDefault();
        this.#zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.#at(event));
        on.onMove(this.view);
      },
      onpointerdown: (event: PointerEvent) => {
        this.element.setPointerCapture(event.pointerId);
        this.#pointers.set(event.pointerId, this.#at(event));
        this.#moved = false;
      },
      onpointermove: (event: PointerEvent) => {
        if (!this.#pointers.size) {
          this.#point(this.#at(event), on.onPoint);
          return;
        }
        this.#drag(event);
        if (this.#moved) on.onMove(this.view);
      },
      onpointerup: (event: PointerEvent) => {
        this.#pointers.delete(event.pointerId);
        if (this.#moved || this.#pointers.size) return;
        this.#point(this.#at(event), on.onPoint);
        // A finger points first, and opens what it pointed at by the line below the map.
        if (event.pointerType === 'mouse' && this.#hit >= 0) on.onOpen(this.#hit);
      },
      onpointercancel: (event: PointerEvent) => this.#pointers.delete(event.pointerId),
      onkeydown: (event: KeyboardEvent) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === 'Enter' && this.#hit >= 0) return on.onOpen(this.#hit);
        if (!this.#key(event.key)) return;
        event.preventDefault();
        this.#point(this.#middle(), on.onPoint);
        on.onMove(this.view);
      },
    });
  }

  show(lit: Lit | undefined, categories: boolean): void {
    this.#lit = lit;
    this.#coloured = categories;
    this.draw();
  }

  draw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  /** The documents nearest to the middle of what is seen. */
  nearMiddle(count: number): number[] {
    const distance = this.#distance(this.#middle());
    const found: { row: number; far: number }[] = [];
    for (let row = 0; row < this.#x.length; row++) {
      const far = distance(row);
      if (found.length === count && far >= found[count - 1].far) continue;
      found.push({ row, far });
      found.sort((a, b) => a.far - b.far);
      found.length = Math.min(found.length, count);
    }
    return found.map(({ row }) => row);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
  }

  #size = () => ({ width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 });

  #at({ clientX, clientY }: { clientX: number; clientY: number }) {
    const box = this.element.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  #middle() {
    const { width, height } = this.#size();
    return { x: width / 2, y: height / 2 };
  }

  /** Pixels of the unit square. */
  #scale(): number {
    const { width, height } = this.#size();
    return Math.min(width, height) * 0.94 * this.view.zoom;
  }

  /** Square of a document's distance in pixels from a place of the canvas. */
  #distance(at: { x: number; y: number }): (row: number) => number {
    const { width, height } = this.#size();
    const scale = this.#scale();
    const [left, top] = [width / 2 - this.view.x * scale - at.x, height / 2 - this.view.y * scale - at.y];
    const [xs, ys] = [this.#x, this.#y];
    return (row) => {
      const [dx, dy] = [left + xs[row] * scale, top + ys[row] * scale];
      return dx * dx + dy * dy;
    };
  }

  #zoom(by: number, at: { x: number; y: number }): void {
    const { width, height } = this.#size();
    const before = this.#scale();
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.view.zoom * by));
    const after = (before / this.view.zoom) * zoom;
    const [dx, dy] = [at.x - width / 2, at.y - height / 2];
    this.#go({ zoom, x: this.view.x + dx / before - dx / after, y: this.view.y + dy / before - dy / after });
  }

  #go(view: MapView): void {
    const inside = (v: number) => Math.min(1, Math.max(0, v));
    this.view = { ...view, x: inside(view.x), y: inside(view.y) };
    this.draw();
  }

  #drag(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#at(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (Math.hypot(now.x - before.x, now.y - before.y) < 3 && !this.#moved) return;
    this.#moved = true;
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const spread = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
      this.#zoom(spread(now) / spread(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else {
      const scale = this.#scale();
      this.#go({
        ...this.view,
        x: this.view.x - (now.x - before.x) / scale,
        y: this.view.y - (now.y - before.y) / scale,
      });
    }
  }

  #key(key: string): boolean {
    const step = 60 / this.#scale();
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    if (Object.hasOwn(moves, key)) {
      const [dx, dy] = moves[key];
      this.#go({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
    } else if (key === '+' || key === '=') this.#zoom(STEP, this.#middle());
    else if (key === '-') this.#zoom(1 / STEP, this.#middle());
    else if (key === '0' || key === 'Home') this.#go({ x: 0.5, y: 0.5, zoom: 1 });
    else return false;
    return true;
  }

  #point(at: { x: number; y: number }, told: (row: number) => void): void {
    const distance = this.#distance(at);
    let [best, far] = [-1, NEAR * NEAR];
    for (let row = 0; row < this.#x.length; row++) {
      const d = distance(row);
      if (d < far) [best, far] = [row, d];
    }
    if (best === this.#hit) return;
    this.#hit = best;
    told(best);
    this.draw();
  }

  #paint(): void {
    const { width, height } = this.#size();
    const ratio = Math.min(2, devicePixelRatio || 1);
    const canvas = this.element;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const draw = canvas.getContext('2d')!;
    draw.setTransform(1, 0, 0, 1, 0, 0);
    const style = getComputedStyle(canvas);
    const scale = this.#scale();
    const [left, top] = [width / 2 - this.view.x * scale, height / 2 - this.view.y * scale];
    // Few are drawn larger, and all grow as one comes nearer.
    const crowd = Math.sqrt(60_000 / (this.#x.length + 1_000));
    const side = Math.max(1.1, Math.min(7, 1.1 * Math.sqrt(this.view.zoom) * crowd));
    const colour = (name: string) => rgbOf(draw, style.getPropertyValue(name));
    const dots = new Dots(draw.createImageData(canvas.width, canvas.height), colour('--card'));
    const dot = (row: number, size: number, rgb: Rgb, alpha: number) =>
      dots.add(
        (left + this.#x[row] * scale) * ratio,
        (top + this.#y[row] * scale) * ratio,
        size * ratio,
        rgb,
        alpha,
      );
    if (this.#coloured && !this.#lit) {
      const colours = COLOURS.map((text) => rgbOf(draw, text));
      for (let row = 0; row < this.#x.length; row++) dot(row, side, colours[this.#category[row]], 0.65);
    } else {
      const grey = colour('--soft');
      for (let row = 0; row < this.#x.length; row++) dot(row, side, grey, 0.3);
    }
    if (this.#lit) {
      const { document, value } = this.#lit;
      const light = colour('--feature');
      for (let i = 0; i < document.length; i++)
        dot(document[i], side + 1.5 + 2 * value[i], light, 0.25 + 0.75 * value[i]);
    }
    draw.putImageData(dots.image, 0, 0);
    draw.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#paintPictures(draw, left, top, scale);
    if (this.#hit < 0) return;
    draw.strokeStyle = style.getPropertyValue('--ink');
    draw.lineWidth = 2;
    draw.beginPath();
    draw.arc(left + this.#x[this.#hit] * scale, top + this.#y[this.#hit] * scale, 7, 0, 7);
    draw.stroke();
  }

  /** Documents that are pictures are drawn as they are, where few enough are seen; those that fire, on top. */
  #paintPictures(draw: CanvasRenderingContext2D, left: number, top: number, scale: number): void {
    if (this.#picture(0) === undefined) return;
    const { width, height } = this.#size();
    const seen: number[] = [];
    const order = this.#lit ? [...this.#lit.document] : this.#x.keys();
    for (const row of order) {
      const [x, y] = [left + this.#x[row] * scale, top + this.#y[row] * scale];
      if (x > 0 && y > 0 && x < width && y < height) seen.push(row);
      if (seen.length > MOST_PICTURES) return;
    }
    const side = Math.max(18, Math.min(72, Math.sqrt((width * height) / (seen.length + 1)) * 0.55));
    for (const row of seen) {
      const image = this.#image(row);
      if (!image.complete || !image.naturalWidth) continue;
      const [x, y] = [left + this.#x[row] * scale, top + this.#y[row] * scale];
      draw.drawImage(image, x - side / 2, y - side / 2, side, side);
    }
  }

  #image(row: number): HTMLImageElement {
    let image = this.#images.get(row);
    if (!image) {
      image = new Image();
      image.onload = () => this.draw();
      image.src = this.#picture(row)!;
      this.#images.set(row, image);
    }
    return image;
  }
}

type Rgb = readonly [number, number, number];

/** Of any colour that the browser knows. */
function rgbOf(draw: CanvasRenderingContext2D, text: string): Rgb {
  draw.fillStyle = text.trim() || '#888888';
  const hex = String(draw.fillStyle).replace('#', '');
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

/** Squares laid over one another by pixels: a hundred times as fast as to have a canvas fill each. */
class Dots {
  constructor(
    readonly image: ImageData,
    [r, g, b]: Rgb,
  ) {
    const { data } = image;
    data.fill(255);
    for (let i = 0; i < data.length; i += 4) {
      data[i] = r;
      data[i + 1] = g;
      data[i + 2] = b;
    }
  }

  add(x: number, y: number, size: number, [r, g, b]: Rgb, alpha: number): void {
    const { data, width, height } = this.image;
    const side = Math.max(1, Math.round(size));
    const [left, top] = [Math.round(x - size / 2), Math.round(y - size / 2)];
    if (left + side <= 0 || top + side <= 0 || left >= width || top >= height) return;
    for (let py = Math.max(0, top); py < Math.min(height, top + side); py++)
      for (let px = Math.max(0, left); px < Math.min(width, left + side); px++) {
        const at = 4 * (py * width + px);
        data[at] += (r - data[at]) * alpha;
        data[at + 1] += (g - data[at + 1]) * alpha;
        data[at + 2] += (b - data[at + 2]) * alpha;
      }
  }
}

/** Into 0..1, but for the farthest thousandth on either side, which lies at the edge. */
function unit(values: Float32Array): Float32Array {
  const sorted = values.slice().sort();
  const low = sorted[Math.floor(0.001 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.999 * (sorted.length - 1))];
  return values.map((v) => Math.min(1, Math.max(0, (v - low) / (high - low || 1))));
}
