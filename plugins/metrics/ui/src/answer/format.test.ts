import { expect, test } from 'vitest';
import { age, format, numberOf } from './format';

test('values are short, and their units are those of the command line', () => {
  const texts = [
    format(1_288_490_189, 'bytes'),
    format(1023.9, 'bytes'),
    format(0.0021, 's'),
    format(90, 's'),
    format(7200, 's'),
    format(99.5, '%'),
    format(12_345, ''),
    format(0.4217, 'cores'),
    format(0, ''),
    format('NaN', 's'),
    format(null, ''),
    format(999_999, ''),
  ];
  expect(texts).toEqual(['1.2GiB', '1KiB', '2.1 ms', '90 s', '2 h', '99.5 %', '12.3k', '0.42', '0', 'NaN', '–', '1M']);
});

test('only finite numbers are drawn', () => {
  expect([numberOf(1), numberOf('NaN'), numberOf('+Inf'), numberOf(null)]).toEqual([1, undefined, undefined, undefined]);
});

test('an age is what one says', () => {
  const now = Date.parse('2026-03-02T12:00:00Z');
  expect([age('2026-03-02T11:59:30Z', now), age('2026-03-02T09:30:00Z', now), age(null, now), age('soon', now)]).toEqual(['30 s', '2 h', '', '']);
});
