// Values with their units, as short as they can be read.
import type { SampleValue } from './client';

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P'];
const SMALL: readonly (readonly [number, string])[] = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
];

/** The number, where it is one that can be drawn. */
export function numberOf(value: SampleValue | null | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Three digits, and as many as are in front of the point. */
function digits(value: number): string {
  const before = Math.max(1, Math.floor(Math.log10(Math.abs(value) || 1)) + 1);
  return String(Number(value.toFixed(Math.max(0, 3 - before))));
}

function scaled(value: number, step: number, names: readonly string[]): string {
  const size = Math.abs(value);
  let power = size < step ? 0 : Math.min(names.length - 1, Math.floor(Math.log(size) / Math.log(step)));
  // What would be rounded to the next one.
  if (power < names.length - 1 && Number(digits(size / step ** power)) >= step) power += 1;
  return digits(value / step ** power) + names[power];
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1) {
    const [unit, name] = SMALL.find(([least]) => size >= least) ?? [1e-9, 'n'];
    return `${digits(value / unit)} ${name}s`;
  }
  if (size < 120) return `${digits(value)} s`;
  if (size < 7200) return `${digits(value / 60)} min`;
  if (size < 172_800) return `${digits(value / 3600)} h`;
  return `${digits(value / 86_400)} d`;
}

/** A value as text; the unit is a part of it where it is short. */
export function format(value: SampleValue | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (unit === 's') return seconds(value);
  if (unit === 'bytes') return `${scaled(value, 1024, BINARY)}B`;
  if (unit === 'bytes/s') return `${scaled(value, 1024, BINARY)}B/s`;
  if (unit === '%') return `${digits(value)} %`;
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return scaled(value, 1000, DECIMAL);
}

/** What is said beside a chart, because its values do not say it. */
export function unitLabel(unit: string): string {
  return ['s', 'bytes', 'bytes/s', '%'].includes(unit) ? '' : unit;
}

const DAY = 86_400_000;

/** A moment, with its day where the range has several. */
export function moment(time: number, range: number): string {
  const at = new Date(time);
  const clock = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', ...(range <= 600_000 ? { second: '2-digit' } : {}) });
  if (range <= DAY) return clock;
  const day = at.toLocaleDateString([], { month: 'short', day: 'numeric' });
  return range > 4 * DAY ? day : `${day} ${clock}`;
}

/** How long ago. */
export function age(since: string | null, now: number = Date.now()): string {
  const passed = since === null ? Number.NaN : (now - Date.parse(since)) / 1000;
  if (!Number.isFinite(passed)) return '';
  const whole = Math.max(0, Math.floor(passed));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}
