import { expect, test } from 'vitest';
import { createNote, listNotes } from './notes';

const answers = (status: number, body: unknown) => ({ fetch: async () => Response.json(body, { status }) });

test('the newest note is first', async () => {
  const items = [
    { id: '1', text: 'old', created: '2026-01-01T00:00:00Z' },
    { id: '2', text: 'new', created: '2026-01-02T00:00:00Z' },
  ];
  expect((await listNotes(answers(200, { items }))).map((note) => note.text)).toEqual(['new', 'old']);
});

test('a failure is in the words of the service', async () => {
  await expect(listNotes(answers(502, { error: 'not reachable' }))).rejects.toThrow('not reachable');
  await expect(createNote(answers(500, []), 'x')).rejects.toThrow('the service answered 500');
});
