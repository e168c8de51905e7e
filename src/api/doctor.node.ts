// `doctor`: what runs here, and what is missing. It must work where sharp does not.
import { constants } from 'node:fs';
import { access, mkdtemp, rm, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { embeddedModel } from '../../models/embedded/index.js';
import { type EngineInfo, init } from '../core/engine.js';
import { BUILDS, type Build, supportedBuilds } from '../core/features.js';
import { VERSION } from './version.js';

export interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

export interface DoctorReport {
  version: string;
  node: string;
  v8: string;
  platform: string;
  cores: number;
  memory: { totalMB: number; freeMB: number };
  /** Of the default build, or the one that was asked for. */
  engine: EngineInfo;
  checks: Check[];
  /** The checks that failed, each a line. */
  missing: string[];
}

/** What runs here, and what is missing. */
export async function doctor({ build }: { build?: Build } = {}): Promise<DoctorReport> {
  const checks = [
    nodeVersion(),
    ...(await builds()),
    await workers(),
    await imageDecoding(),
    await workingFolder(),
  ];
  return {
    version: VERSION,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memory: { totalMB: Math.round(totalmem() / 1048576), freeMB: Math.round(freemem() / 1048576) },
    engine: (await init({ build, warn: () => {} })).info(),
    checks,
    missing: checks.filter((c) => !c.ok).map((c) => `${c.name}: ${c.detail}`),
  };
}

function nodeVersion(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 16);
  return { name: 'node', ok, detail: ok ? process.version : `${process.version}; needs 20.16 or later` };
}

async function builds(): Promise<Check[]> {
  const supported = supportedBuilds();
  return Promise.all(
    BUILDS.map(async (build): Promise<Check> => {
      const name = `build ${build}`;
      if (!supported[build]) return { name, ok: false, detail: 'this engine does not accept it' };
      const engine = await init({ build });
      const exact = engine.math.exp(1) === Math.E;
      engine.dispose();
      return { name, ok: exact, detail: exact ? 'compiles and computes' : 'computes a wrong exp(1)' };
    }),
  );
}

async function workers(): Promise<Check> {
  try {
    // Loaded here: its image loader needs sharp, whose absence this command reports.
    const { nodePool } = await import('../pipeline/pool.node.js');
    const [engine, other] = [await init({ workers: 2, warn: () => {} }), await init({ warn: () => {} })];
    const model = await embeddedModel(engine.math);
    const fell: string[] = [];
    const pool = nodePool(engine, model, (message) => fell.push(message));
    const task = (p: typeof pool) =>
      p.run<Float32Array>('responses', {
        tap: 'conv2d0',
        placement: { size: 32, index: 4, apex: 9 },
        stimuli: [{ stimulus: { kind: 'curve', orientationDeg: 0, radius: 8 } }],
        lineWidth: 2,
      });
    const here = nodePool(other, model);
    const [a, b] = [await task(pool), await task(here)];
    pool.dispose();
    here.dispose();
    if (fell.length) return { name: 'workers', ok: false, detail: fell[0] };
    const same = a.every((v, i) => v === b[i]);
    return {
      name: 'workers',
      ok: same,
      detail: same ? 'a worker thread computes the same bits' : 'a worker thread computes other bits',
    };
  } catch (error) {
    return { name: 'workers', ok: false, detail: `worker threads do not work (${(error as Error).message})` };
  }
}

async function imageDecoding(): Promise<Check> {
  try {
    const { default: sharp } = await import('sharp');
    return {
      name: 'images',
      ok: true,
      detail: `sharp ${sharp.versions.sharp ?? ''} decodes JPEG, PNG, WebP`.replace('  ', ' '),
    };
  } catch (error) {
    return {
      name: 'images',
      ok: false,
      detail: `sharp does not load (${(error as Error).message.split('\n')[0]}); npm install --include=optional sharp`,
    };
  }
}

async function workingFolder(): Promise<Check> {
  try {
    await access('.', constants.W_OK);
    const { bavail, bsize } = await statfs('.');
    const probe = await mkdtemp(join(tmpdir(), 'curvesae-'));
    await rm(probe, { recursive: true });
    return {
      name: 'disk',
      ok: true,
      detail: `${Math.round((bavail * bsize) / 1048576)} MB free in the working folder`,
    };
  } catch (error) {
    return { name: 'disk', ok: false, detail: (error as Error).message };
  }
}
