// From values to places: axes with numbers that are easy to read, and lines with gaps. It must not know what draws them.
import type { Point } from '../answer/client';
import { numberOf } from '../answer/format';

export interface Axis {
  from: number;
  to: number;
  ticks: number[];
}

/** What adding up may leave over, in steps. */
const EXACT = 1e-9;

/** Ticks at round numbers, from at most the least value to at least the greatest. Bytes are round in powers of two. */
export function axis(values: readonly number[], count: number, base: 2 | 10 = 10): Axis {
  let least = Math.min(...values);
  let most = Math.max(...values);
  if (values.length === 0) [least, most] = [0, 1];
  // Zero is where an amount begins, unless the values are all far away from it.
  if (least > 0 && least < most * 0.75) least = 0;
  if (most < 0 && most > least * 0.75) most = 0;
  if (least === most) {
    const around = Math.abs(least) / 2 || 1;
    [least, most] = least === 0 ? [0, 1] : [least - around, most + around];
  }
  const step = roundStep((most - least) / count, base);
  const from = Math.floor(least / step + EXACT) * step;
  const to = Math.ceil(most / step - EXACT) * step;
  const ticks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => clean(from + index * step, step));
  return { from: clean(from, step), to: clean(to, step), ticks };
}

/** Without what adding up has left over. */
const clean = (value: number, step: number): number => Number((Math.round(value / step) * step).toPrecision(12));

function roundStep(least: number, base: 2 | 10): number {
  if (base === 2 && least >= 1) return 2 ** Math.ceil(Math.log2(least));
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= least * 0.999_999) ?? 10;
  return factor * power;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [1000, 5000, 10_000, 15_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

/** Moments at round times of the clock here, no more than `count`. */
export function timeTicks(from: number, to: number, count: number): number[] {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= count) ?? 14 * DAY;
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const ticks: number[] = [];
  for (let tick = first; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}

export interface Place {
  time: number;
  value: number;
}

/** The parts of a line: where points are missing, or are no numbers, is a gap. */
export function parts(points: readonly Point[], step: number): Place[][] {
  const found: Place[][] = [];
  let latest: number | undefined;
  for (const point of points) {
    const time = Date.parse(point.time);
    const value = numberOf(point.value);
    if (value === undefined || Number.isNaN(time)) {
      latest = undefined;
      continue;
    }
    const isNew = latest === undefined || time - latest > step * 1500;
    if (isNew) found.push([]);
    found.at(-1)?.push({ time, value });
    latest = time;
  }
  return found;
}

/** The value nearest to `time`, if there is one within a step. */
export function valueAt(line: readonly Place[][], time: number, step: number): number | undefined {
  let nearest: Place | undefined;
  for (const part of line) {
    for (const place of part) {
      if (!nearest || Math.abs(place.time - time) < Math.abs(nearest.time - time)) nearest = place;
    }
  }
  return nearest && Math.abs(nearest.time - time) <= step * 500 ? nearest.value : undefined;
}
