// The benchmark in a browser: choose works, run, look at the same page that `npm run bench` draws.
// ?only=stem,gemm&rounds=3&ms=60&run starts at once; the result is `window.benchResult`.

import { benchBody } from '../../src/bench/report.js';
import type { BenchResult } from '../../src/bench/types.js';
import type { Start } from './worker.js';

declare global {
  interface Window {
    benchResult?: BenchResult;
    benchError?: string;
  }
}

const $ = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const query = new URLSearchParams(location.search);
const boxes = [...document.querySelectorAll<HTMLInputElement>('input[name=work]')];
let worker: Worker | undefined;

const only = query.get('only');
if (only !== null) for (const box of boxes) box.checked = only.split(',').includes(box.value);
$<HTMLSelectElement>('effort').value = query.get('effort') ?? 'quick';

/** What is asked for: the address may name kernels and times that the form does not offer. */
function start(): Start {
  const [rounds, milliseconds] = { quick: [3, 40], thorough: [5, 400] }[
    $<HTMLSelectElement>('effort').value
  ]!;
  const checked = boxes.filter((b) => b.checked).map((b) => b.value);
  return {
    only: query.has('run') && only !== null ? only : checked.join(','),
    timing: {
      rounds: Number(query.get('rounds') ?? rounds),
      milliseconds: Number(query.get('ms') ?? milliseconds),
    },
    version: document.documentElement.dataset.version ?? '',
  };
}

function running(yes: boolean): void {
  $<HTMLButtonElement>('run').disabled = yes;
  $<HTMLButtonElement>('stop').disabled = !yes;
}

function end(text: string): void {
  worker?.terminate();
  worker = undefined;
  running(false);
  $('progress').textContent = text;
}

function fail(message: string): void {
  window.benchError = message;
  end(`It stopped: ${message}`);
}

function run(): void {
  const message = start();
  if (!message.only) {
    $('progress').textContent = 'Choose at least one work.';
    return;
  }
  running(true);
  $('progress').textContent = 'starting';
  worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('error', (event) => fail(event.message || 'the worker did not start'));
  worker.addEventListener(
    'message',
    ({ data }: MessageEvent<{ say?: string; error?: string; result?: BenchResult }>) => {
      if (data.say) $('progress').textContent = data.say;
      else if (data.error) fail(data.error);
      else if (data.result) show(data.result, message.only);
    },
  );
  worker.postMessage(message);
}

function show(result: BenchResult, names: string): void {
  // Text that is safe by construction: every value in it is escaped (report/html.ts).
  $('result').innerHTML = benchBody(result, `${location.pathname}?only=${names}&run`).text;
  const json = JSON.stringify(result, undefined, 2);
  const link = $<HTMLAnchorElement>('json');
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  link.hidden = false;
  window.benchResult = result;
  end('done');
}

$('run').addEventListener('click', run);
$('stop').addEventListener('click', () => end('stopped'));
running(false);
if (query.has('run')) run();
