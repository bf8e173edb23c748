import { PostgreSQL } from '@codemirror/lang-sql';
import { EditorState } from '@codemirror/state';
import { describe, expect, test } from 'vitest';
import { chosenStatement, placeOf } from './statement';

/** The statement for a text in which `|` is the cursor, or two of them a selection. */
function chosen(text: string): string | undefined {
  const [before = '', within, after] = text.split('|');
  const doc = text.replaceAll('|', '');
  const selection = after === undefined ? { anchor: before.length } : { anchor: before.length, head: before.length + (within?.length ?? 0) };
  const found = chosenStatement(EditorState.create({ doc, selection, extensions: [PostgreSQL.language] }));
  if (found) expect(doc.slice(found.from).startsWith(found.sql)).toBe(true);
  return found?.sql;
}

describe('the statement that is run', () => {
  test.each([
    ['select 1|; select 2', 'select 1'],
    ['select 1; select| 2;', 'select 2'],
    ['select 1;\n\nselect 2;\n\n|', 'select 2'],
    ['|\n\nselect 1; select 2', 'select 1'],
    ["select ';|'; select 2", "select ';'"],
    ['select $x$ ; |$x$; select 2', 'select $x$ ; $x$'],
    ['select 1; |select 2|; select 3', 'select 2'],
    ['-- nothing; here\nselect 1|', 'select 1'],
  ])('of %s', (text, expected) => expect(chosen(text)).toBe(expected));

  test('of nothing is none', () => expect(chosen('  |\n;')).toBeUndefined());
});

test('characters are counted as PostgreSQL counts them', () => {
  expect(placeOf('select', 1)).toBe(0);
  expect(placeOf("'😀' x", 5)).toBe(5);
  expect(placeOf('ab', 99)).toBe(2);
});
