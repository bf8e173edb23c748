import { expect, test } from 'vitest';
import { asLine, inLine, spanOf, widths } from './format';

test('a value stays in its line', () => {
  expect(inLine('a\nb\tc\u0000\u007f')).toBe('a␊b␉c␀␡');
  expect(inLine('x'.repeat(1000)).length).toBe(301);
});

test('columns are as wide as their values, within bounds', () => {
  const columns = ['a', 'b', 'c'].map((name) => ({ name, type: 'text', numeric: false }));
  const [short, long, none] = widths(columns, [['x', 'y'.repeat(500), null]]);
  expect([short, none]).toEqual([56, 56]);
  expect(long).toBe(380);
});

test('a row for the clipboard, and spans', () => {
  expect(asLine(['1', null, 'a\tb'])).toBe('1\t\ta b');
  expect([0.4, 999, 1500, 120_000].map(spanOf)).toEqual(['0 ms', '999 ms', '1.5 s', '2 min']);
});
