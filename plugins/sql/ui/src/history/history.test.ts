import { expect, test } from 'vitest';
import { addToHistory, clearHistory, isKept, readHistory, withEntry, type HistoryEntry } from './history';

const entry = (sql: string, time = 1): HistoryEntry => ({ sql, time, outcome: '(1 row)', failed: false, milliseconds: 2, instance: 'shop', namespace: 'prod', database: 'sales' });

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

test('the newest is first, and each is there once', () => {
  const place = storage();
  for (const [index, sql] of ['select 1', 'select 2', 'select 1'].entries()) addToHistory(place, entry(sql, index));
  expect(readHistory(place).map(({ sql, time }) => [sql, time])).toEqual([['select 1', 2], ['select 2', 1]]);
  const elsewhere = { ...entry('select 1'), database: 'other' };
  expect(withEntry(readHistory(place), elsewhere).length).toBe(3);
  clearHistory(place);
  expect(readHistory(place)).toEqual([]);
});

test('it stays small, and holds no passwords', () => {
  let entries: readonly HistoryEntry[] = [];
  for (let index = 0; index < 300; index += 1) entries = withEntry(entries, entry(`select ${index}`));
  expect(entries.length).toBe(200);
  expect(isKept("alter role x PASSWORD 'secret'")).toBe(false);
  expect(isKept('x'.repeat(20_001))).toBe(false);
});

test('what somebody else wrote there is not believed', () => {
  const place = storage();
  for (const kept of ['{', '{}', '[1, null, {"sql": 7}]', '"x"']) {
    place.setItem('everestctl.sql.history', kept);
    expect(readHistory(place)).toEqual([]);
  }
});
