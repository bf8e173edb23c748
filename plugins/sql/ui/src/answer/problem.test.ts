import { expect, test } from 'vitest';
import { asProblem, hintHere, problemIn, problemOf } from '../../../../ui/src/problem';
import { HINTS } from './problem';

test('the words for a command line are those of the page', () => {
  expect(hintHere(HINTS, 'use `sql query --write` to run statements that change data')).toContain('“Allow changes”');
  const said = 'Perhaps you meant to reference the column "orders.total".';
  expect(hintHere(HINTS, said)).toBe(said);
});

test('an answer that is none says what happened and what to do', async () => {
  const told = problemIn(HINTS, { error: 'column "x" does not exist (SQLSTATE 42703)', detail: 'LINE 1', position: 8 }, 400);
  expect(told).toMatchObject({ message: 'column "x" does not exist (SQLSTATE 42703)', detail: 'LINE 1', position: 8, hint: undefined });
  const gone = await problemOf(HINTS, new Response('<p>no', { status: 502, statusText: 'Bad Gateway' }));
  expect(gone).toMatchObject({ message: 'The plugin answered 502 Bad Gateway.', hint: expect.stringContaining('try again') as string });
  const expired = await problemOf(HINTS, new Response('{"message":"invalid or expired jwt"}', { status: 401 }));
  expect(expired).toMatchObject({ message: 'invalid or expired jwt', hint: expect.stringContaining('sign in') as string });
  expect(asProblem(new TypeError('Failed to fetch')).hint).toContain('try again');
  expect(problemIn(HINTS, { error: 7 }, 400)).toBeUndefined();
});
