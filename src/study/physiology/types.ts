// physiology.json.
import type { Family } from '../taxonomy/rule.js';
import type { PanelName } from './sheet.js';

/** By unit and panel the drawing that it answers to most, as the address of a picture. */
export type Thumbnails = ReadonlyMap<string, ReadonlyMap<PanelName, string>>;

/** Responses are strengths: activation over the unit's own 99.9th percentile on the pictures. */
export interface PhysiologyResult {
  tap: string;
  /** Of the network, and where the SAE was read from. */
  model: string;
  sae: string | null;
  /** Pictures that percentiles are of, and their vectors. */
  images: number;
  vectors: number;
  drawings: number;
  seed: number;
  panels: Record<PanelName, PanelAbout>;
  units: Record<string, UnitPhysiology>;
  /** Of random directions, each as rare as one of the units: the middle nine in ten at each point. */
  random: { directions: number; panels: Record<PanelName, ChanceBand> };
}

/** What a panel is over. Degrees; radii, wavelengths and softness in pixels. */
export interface PanelAbout {
  x: { name: string; values: readonly number[] };
  /** Of a map; its rows. null: a straight line, of no curvature. */
  y: { name: string; values: readonly (number | null)[] } | null;
  /** Of a panel that is no map. */
  lines: readonly string[];
}

/** 5th and 95th percentile, of all lines of a panel at each x, or of each row of a map. */
export interface ChanceBand {
  low: number[];
  high: number[];
  /** 95th percentile of the largest response in the panel. */
  largest: number;
}

export interface UnitPhysiology {
  family: Family;
  /** Largest answer of all drawings; null where it never fires on the pictures, and everything below is activation. */
  strength: number | null;
  percentile999: number;
  fires: number;
  /** Of the tuning curve, black arcs on white, mean over radii. `reversed`: share of it that white arcs on black keep at best. */
  curve: {
    orientationDeg: number;
    peak: number;
    resultant: number;
    echo: number;
    fwhmDeg: number;
    reversed: number | null;
  };
  panels: Record<PanelName, UnitPanel>;
}

export interface UnitPanel {
  /** Of each line, or each row of a map. */
  values: number[][];
  /** Share of random directions whose largest response in the panel is as large, this unit counted among them. */
  p: number;
}
