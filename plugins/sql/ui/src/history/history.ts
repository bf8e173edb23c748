// The statements that were run here: kept in this browser, few, short, and none that may hold a password.
import type { Target } from '../answer/client';

export interface HistoryEntry extends Target {
  sql: string;
  /** When it was run, in milliseconds. */
  time: number;
  /** What came of it: `(3 rows)`, or the error. */
  outcome: string;
  failed: boolean;
  milliseconds: number;
}

const KEY = 'everestctl.sql.history';
const MOST = 200;
const LONGEST = 20_000;

/** Whether a statement is kept: as in `everestctl sql shell`, what names a password is not. */
export function isKept(sql: string): boolean {
  return sql.trim() !== '' && sql.length <= LONGEST && !/password/i.test(sql);
}

function isEntry(value: unknown): value is HistoryEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { sql, time, outcome, instance, namespace, milliseconds } = value as Record<string, unknown>;
  const texts = [sql, outcome, instance, namespace];
  return texts.every((text) => typeof text === 'string') && typeof time === 'number' && typeof milliseconds === 'number';
}

/** With one more; the same statement at the same place is there once, the newest first. */
export function withEntry(entries: readonly HistoryEntry[], entry: HistoryEntry): readonly HistoryEntry[] {
  if (!isKept(entry.sql)) return entries;
  const isSame = (other: HistoryEntry): boolean =>
    other.sql === entry.sql && other.instance === entry.instance && other.namespace === entry.namespace && other.database === entry.database;
  return [entry, ...entries.filter((other) => !isSame(other))].slice(0, MOST);
}

export function readHistory(storage: Pick<Storage, 'getItem'>): readonly HistoryEntry[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isEntry).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/** Other tabs may have added some: what is kept is read anew. A browser that keeps nothing loses it, and nothing else. */
export function addToHistory(storage: Storage, entry: HistoryEntry): readonly HistoryEntry[] {
  const entries = withEntry(readHistory(storage), entry);
  try {
    storage.setItem(KEY, JSON.stringify(entries));
  } catch {
    // It is full, or switched off.
  }
  return entries;
}

export function clearHistory(storage: Pick<Storage, 'removeItem'>): void {
  try {
    storage.removeItem(KEY);
  } catch {
    // Switched off.
  }
}
