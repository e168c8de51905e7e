// What becomes of the output. stdout carries data: what it could not take is a failure. stderr
// carries progress: where that is lost (its reader left, its disk is full), work goes on.
import { CurvesaeError } from '../core/errors.js';

/** Of node:stream's Writable, so that tests can give others. */
export interface OutputStream {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export class Output {
  #out: Watched;
  #err: Watched;

  constructor(out: OutputStream, err: OutputStream) {
    this.#out = new Watched(out);
    this.#err = new Watched(err);
  }

  data(text: string): void {
    this.#out.write(text);
  }

  message(text: string): void {
    this.#err.write(text);
  }

  /**
   * Resolves when both streams have passed on all that was written: pipes are written to in the
   * background, and exit cuts off what they have not taken. CurvesaeError: data were lost.
   */
  async flush(): Promise<void> {
    await Promise.all([this.#out.flush(), this.#err.flush()]);
    const { failure } = this.#out;
    // A reader that has left (curvesae ... | head) has what it wanted.
    if (!failure || failure.code === 'EPIPE') return;
    const why = failure.code === 'ENOSPC' ? 'the disk is full' : (failure.code ?? failure.message);
    throw new CurvesaeError(
      `the output could not be written (stdout: ${why}): what was printed is not whole; write it elsewhere`,
      { cause: failure },
    );
  }
}

class Watched {
  failure: NodeJS.ErrnoException | undefined;
  #stream: OutputStream;
  #failed: Promise<void>;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.#failed = new Promise((resolve) => {
      stream.on('error', (error) => {
        this.failure ??= error;
        resolve();
      });
    });
  }

  write(text: string): void {
    if (!this.failure) this.#stream.write(text);
  }

  async flush(): Promise<void> {
    if (this.failure) return;
    // A stream that fails may forget the callbacks of what waits, and tells of its error after them.
    const flushed = new Promise<void>((resolve) => {
      this.#stream.write('', (error) => {
        if (!error) resolve();
      });
    });
    await Promise.race([flushed, this.#failed]);
  }
}
