import { expect, test } from 'vitest';
import { linesOf, planOf } from './plan';

const SCAN = { 'Node Type': 'Seq Scan', 'Relation Name': 'orders', Alias: 'o', 'Total Cost': 60, 'Plan Rows': 1, Filter: '(total > 1)' };
const JOIN = { 'Node Type': 'Hash Join', 'Join Type': 'Left', 'Total Cost': 100, 'Plan Rows': 10 };

test('each step has what is its own', () => {
  const plan = planOf([{ Plan: { ...JOIN, Plans: [SCAN, { ...SCAN, Alias: 'orders', 'Total Cost': 15 }] }, 'Planning Time': 0.5 }]);
  expect(plan?.planning).toBe(0.5);
  expect(plan?.root).toMatchObject({ label: 'Hash Left Join', share: 0.25, rows: undefined, time: undefined });
  expect(plan?.root.children[0]).toMatchObject({ subject: 'orders as o', share: 0.6, details: [['Filter', '(total > 1)']] });
  expect(plan?.root.children[1]).toMatchObject({ subject: 'orders' });
});

test('what was measured counts more than what was guessed', () => {
  const scan = { ...SCAN, 'Actual Total Time': 2, 'Actual Rows': 500, 'Actual Loops': 4 };
  const join = { ...JOIN, 'Actual Total Time': 10, 'Actual Rows': 10, 'Actual Loops': 1 };
  const plan = planOf([{ Plan: { ...join, Plans: [scan] } }]);
  expect(plan?.root).toMatchObject({ time: 10, share: 0.2, misjudged: undefined });
  expect(plan?.root.children[0]).toMatchObject({ time: 8, rows: 2000, share: 0.8, misjudged: 500 });
});

test('what is closed hides what is below it', () => {
  const plan = planOf([{ Plan: { ...JOIN, Plans: [{ ...JOIN, Plans: [SCAN] }, SCAN] } }]);
  const lines = (closed: string[]) => linesOf(plan!.root, new Set(closed)).map(({ node, level, position, siblings }) => [node.id, level, position, siblings]);
  expect(lines([])).toEqual([['0', 1, 1, 1], ['0.0', 2, 1, 2], ['0.0.0', 3, 1, 1], ['0.1', 2, 2, 2]]);
  expect(lines(['0.0']).length).toBe(3);
  expect(lines(['0']).length).toBe(1);
});

test('what is no plan is none', () => {
  for (const other of [undefined, {}, [], [{}], [{ Plan: [] }], 'text']) expect(planOf(other)).toBeUndefined();
});
