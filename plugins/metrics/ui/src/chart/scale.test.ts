import { expect, test } from 'vitest';
import { axis, parts, timeTicks, valueAt } from './scale';

const point = (seconds: number, value: number | string) => ({ time: new Date(seconds * 1000).toISOString(), value });

test('an axis has round numbers around all values', () => {
  expect(axis([3, 17], 4)).toEqual({ from: 0, to: 20, ticks: [0, 5, 10, 15, 20] });
  expect(axis([98, 99.5], 4).from).toBeGreaterThan(90);
  expect(axis([7, 7], 4).ticks.some((tick) => tick > 7)).toBe(true);
  expect(axis([0, 0], 4)).toMatchObject({ from: 0, to: 1 });
  expect(axis([], 4)).toMatchObject({ from: 0, to: 1 });
  expect(axis([-4, 4], 4).ticks).toContain(0);
  expect(axis([0, 3_000_000], 4, 2).ticks).toEqual([0, 1_048_576, 2_097_152, 3_145_728]);
  expect(axis([0.1, 0.30000000000000004], 3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
});

test('times are round, and no more than fit', () => {
  const from = new Date(2026, 2, 2, 12, 3).getTime();
  const ticks = timeTicks(from, from + 3_600_000, 6).map((tick) => new Date(tick).getMinutes());
  expect(ticks).toEqual([10, 20, 30, 40, 50, 0]);
  expect(timeTicks(from, from + 30 * 86_400_000, 6).length).toBeLessThanOrEqual(6);
});

test('a gap stays a gap', () => {
  const line = parts([point(0, 1), point(10, 2), point(40, 3), point(50, 'NaN'), point(60, 4), point(70, '+Inf')], 10);
  expect(line.map((part) => part.map((place) => place.value))).toEqual([[1, 2], [3], [4]]);
  expect(valueAt(line, 12_000, 10)).toBe(2);
  expect(valueAt(line, 25_000, 10)).toBeUndefined();
  expect(valueAt([], 0, 10)).toBeUndefined();
});
