// Types of leak files (*.leak.js, .mjs, .cjs, .ts, .mts) of pytest-nodeleak.
// A copy beside your files: nodeleak types > nodeleak.d.ts

/** A number of bytes, or "64 B", "1 KB", "0.5 objects". */
export type Growth = number | string;
/** A number of seconds, or "500ms", "10s", "2min". */
export type Duration = number | string;

/** Marks of pytest: names, or by name `true`, a value, a list of values, or keywords. */
export type Markers =
  | string
  | (string | { [marker: string]: MarkerValue })[]
  | { [marker: string]: MarkerValue };
export type MarkerValue =
  | boolean
  | string
  | number
  | unknown[]
  | { reason?: string; raises?: string; strict?: boolean; [keyword: string]: unknown };

/** How to measure and what to accept; wins over the command line and the configuration. */
export interface Options {
  /** Iterations of each round. */
  iterations?: number;
  /** Iterations before the first round, at least. */
  warmup?: number;
  /** Rounds before a heap counts as flat, at least 2. */
  rounds?: number;
  /** Time for one measurement. */
  budget?: Duration;
  /** Time for naming a leak that was found. */
  explain?: Duration;
  /** Growth per iteration that is accepted. */
  maxGrowth?: Growth;
  /** Constructors that are not judged: names or globs. */
  ignore?: string[] | string;
  /** Constructors that may grow up to a bound of live objects. */
  maxLive?: { [constructor: string]: number } | string;
  snapshots?: 'auto' | 'always' | 'never';
  allocationSites?: 'auto' | 'always' | 'never';
  /** V8's optimising compilers: faster, less exact. */
  jit?: 'off' | 'on';
  /** Judge memory outside of V8's heap as well. */
  offheap?: 'on' | 'off';
  /** 'main': leave worker threads and child processes alone. */
  heaps?: 'all' | 'main';
  /** Whether an inconclusive measurement fails. */
  strict?: boolean;
  /** Show the text of strings that leak in reports. */
  showStrings?: boolean;
  markers?: Markers;
}

/** One unit of work; a promise is awaited. */
export type Iteration = () => unknown;

export interface Workload {
  iteration: Iteration;
  /** Once, before the first iteration, after the file's own `setup`. */
  setup?: () => unknown;
  /** Once, after the last iteration, before the file's own `teardown`. */
  teardown?: () => unknown;
  /** Over those of the file. */
  options?: Options;
}

/** Several tests in one file: `export const workloads: Workloads = { checkout() {} }`. */
export type Workloads = { [name: string]: Workload | Iteration };

/** What a leak file exports: `iteration`, or `workloads`, or both. */
export interface LeakFile {
  iteration?: Iteration;
  setup?: () => unknown;
  teardown?: () => unknown;
  options?: Options;
  workloads?: Workloads;
}
