import { describe, expect, test } from 'vitest';
import { AnswerReader, cells, type Column, type Row } from './rows';

const END = ',"truncated":true,"withheld":false,"notices":["careful"],"summary":"(2 rows)"}';
const COLUMNS = '[{"name":"a","key":"a","type":"int8","numeric":true},{"name":"]","key":"]","type":"text","numeric":false}]';

function read(pieces: string[]): { columns: Column[]; rows: Row[]; finish: () => unknown } {
  let columns: Column[] = [];
  const rows: Row[] = [];
  const reader = new AnswerReader((found) => (columns = found), (found) => rows.push(...found));
  for (const piece of pieces) reader.push(piece);
  return { columns, rows, finish: () => reader.finish() };
}

describe('an answer', () => {
  const rows = ['{"a":9007199254740993,"]":"},{\\"\\\\"}', '{"a":null,"]":"null"}'];
  const whole = `{"columns":${COLUMNS},"rows":[${rows.join()}]${END}`;
  const expected = [
    ['9007199254740993', '},{"\\'],
    [null, 'null'],
  ];

  test('is read however it is cut into pieces', () => {
    for (let size = 1; size <= whole.length; size += 1) {
      const pieces = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const { columns, rows, finish } = read(pieces);
      expect(columns.map(({ name }) => name)).toEqual(['a', ']']);
      expect(rows).toEqual(expected);
      expect(finish()).toEqual({ truncated: true, withheld: false, notices: ['careful'], summary: '(2 rows)' });
    }
  });

  test('that was broken off is not taken for a whole one', () => {
    for (let end = 0; end < whole.length; end += 1) {
      expect(() => read([whole.slice(0, end)]).finish(), whole.slice(0, end)).toThrow();
    }
  });

  test('without rows, and of a statement that gives none', () => {
    const none = read([`{"columns":[],"rows":[],"affected":4,"truncated":false,"withheld":false,"notices":[],"summary":"UPDATE 4"}`]);
    expect(none.finish()).toEqual({ affected: 4, truncated: false, withheld: false, notices: [], summary: 'UPDATE 4' });
    expect(read([`{"columns":${COLUMNS},"rows":[]${END}`]).rows).toEqual([]);
  });

  test('of another kind is refused', () => {
    expect(() => read(['<!doctype html><p>a page'])).toThrow('not a result');
  });
});

test('values stay the texts that they are', () => {
  expect(cells('{"j":{"b":[1,{"c":"}"}]},"l":["x",null],"f":1e-7,"t":true,"n":"1.50","e":"","q":"\\u00e9\\n"}')).toEqual([
    '{"b":[1,{"c":"}"}]}',
    '["x",null]',
    '1e-7',
    'true',
    '1.50',
    '',
    'é\n',
  ]);
  expect(cells('{}')).toEqual([]);
});
