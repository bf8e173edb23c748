import { expect, it, vi } from 'vitest';
import { Journal, pluginIn, textOf } from './journal';

it('counts what repeats and tells it once', () => {
  const forward = vi.fn();
  const journal = new Journal(forward);
  for (let count = 0; count < 50; count += 1) journal.add('x', 'error', 'again');
  journal.add('x', 'error', 'else');
  expect(journal.entries().map((entry) => [entry.text, entry.count])).toEqual([
    ['again', 50],
    ['else', 1],
  ]);
  expect(forward).toHaveBeenCalledTimes(2);
});

it('stays bounded', () => {
  const journal = new Journal();
  for (let count = 0; count < 1500; count += 1) journal.add('x', 'info', `${count} ${'y'.repeat(1000)}`);
  expect(journal.entries()).toHaveLength(1000);
  expect(journal.entries()[0]?.text.startsWith('500 ')).toBe(true);
  expect(journal.entries()[0]?.text).toHaveLength(400);
});

it('finds words for whatever is thrown', () => {
  expect(textOf(new TypeError('no'))).toBe('TypeError: no');
  expect(textOf('plain')).toBe('plain');
  expect(textOf({ a: 1 })).toBe('{"a":1}');
  expect(textOf(undefined)).toBe('undefined');
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(textOf(circle)).toBe('a value that has no text');
});

it('finds the plugin in an address', () => {
  expect(pluginIn('at x (http://127.0.0.1:1/v1/clusters/main/plugins/my-plugin/main.js:1:2)')).toBe('my-plugin');
  expect(pluginIn('http://127.0.0.1:1/static/shell.js')).toBeUndefined();
});
