// Progress on stderr: one line redrawn on a terminal, a line every few seconds elsewhere.
import type { Progress as ProgressEvent } from '../api/call.js';

const INTERVAL_TTY_MS = 100;
const INTERVAL_LOG_MS = 5000;

export interface ProgressSink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export class Progress {
  #sink: ProgressSink;
  #quiet: boolean;
  #live: boolean;
  #now: () => number;
  #drawn = false;
  #last = 0;
  #label = '';
  #started = 0;
  /** What is counted, since when and from how many: a stage may count several things, one after another. */
  #counted: string | undefined;
  #since = 0;
  #first = 0;
  /** When it was last told of anything. */
  #told = 0;

  /** `now`: milliseconds, of whatever clock. */
  constructor(
    sink: ProgressSink,
    options: { quiet: boolean; term?: string },
    now: () => number = () => performance.now(),
  ) {
    this.#now = now;
    this.#sink = sink;
    this.#quiet = options.quiet;
    this.#live = Boolean(sink.isTTY) && options.term !== 'dumb';
  }

  /** What a call of the library tells. */
  show(event: ProgressEvent): void {
    if (event.event === 'log') this.log(event.text);
    else if (event.event === 'start') this.start(event.stage, event.done);
    else if (event.event === 'finish') this.finish(event.summary);
    else this.update(event.done, event.total, event.unit, event.detail);
  }

  /** A line that stays. */
  log(text: string): void {
    if (this.#quiet) return;
    this.#clear();
    this.#sink.write(`${text}\n`);
  }

  /** A warning: shown even with --quiet. */
  warn(text: string): void {
    this.#clear();
    this.#sink.write(`warning: ${text}\n`);
  }

  /** Begins a stage; rate and time left count from `first` finished units. */
  start(label: string, first = 0): void {
    this.#label = label;
    this.#started = this.#now();
    this.#counted = undefined;
    this.#since = this.#started;
    this.#told = this.#started;
    this.#first = first;
    this.#last = 0;
  }

  /** Reports `done` of `total` units of the stage. Another total or unit is counted from here on. */
  update(done: number, total: number, unit: string, detail = ''): void {
    if (this.#quiet) return;
    const now = this.#now();
    const counted = `${total} ${unit}`;
    if (this.#counted !== undefined && this.#counted !== counted) {
      this.#since = this.#told;
      this.#first = 0;
    }
    this.#counted = counted;
    this.#told = now;
    if (this.#last === 0) this.#last = this.#live ? 0 : now;
    if (now - this.#last < (this.#live ? INTERVAL_TTY_MS : INTERVAL_LOG_MS)) return;
    this.#last = now;
    const seconds = (now - this.#since) / 1000;
    const rate = seconds > 0 ? (done - this.#first) / seconds : 0;
    const left = rate > 0 ? `, ${duration((total - done) / rate)} left` : '';
    const text = `${this.#label}: ${done}/${total} ${unit}, ${formatRate(rate)} ${unit}/s${left}${detail && `  ${detail}`}`;
    if (!this.#live) {
      this.#sink.write(`${text}\n`);
      return;
    }
    const width = (this.#sink.columns ?? 80) - 1;
    this.#sink.write(`\r\x1b[K${text.slice(0, width)}`);
    this.#drawn = true;
  }

  /** Ends the stage with one line that stays. */
  finish(summary: string): void {
    this.log(`${this.#label}: ${summary} (${duration((this.#now() - this.#started) / 1000)})`);
  }

  #clear(): void {
    if (this.#drawn) this.#sink.write('\r\x1b[K');
    this.#drawn = false;
  }
}

const formatRate = (rate: number): string =>
  rate >= 100 ? rate.toFixed(0) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2);

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  const s = Math.round(seconds);
  return s < 3600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
