// How far back is looked, and how often anew: the same in all parts of the page, for as long as it is open.
import { useSyncExternalStore } from 'react';

export const RANGES = [
  ['15m', '15 minutes'],
  ['1h', '1 hour'],
  ['3h', '3 hours'],
  ['12h', '12 hours'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;
export const INTERVALS = [
  ['0', 'off'],
  ['10', '10 s'],
  ['30', '30 s'],
  ['60', '1 min'],
  ['300', '5 min'],
] as const;

export interface Period {
  since: string;
  /** Seconds between two requests; 0 for none. */
  every: number;
}

let current: Period = { since: '1h', every: 30 };
const watchers = new Set<() => void>();

export function setPeriod(change: Partial<Period>): void {
  current = { ...current, ...change };
  for (const watcher of watchers) watcher();
}

function watch(changed: () => void): () => void {
  watchers.add(changed);
  return () => watchers.delete(changed);
}

export const usePeriod = (): Period => useSyncExternalStore(watch, () => current);
