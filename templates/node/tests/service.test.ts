// The service without a server: who calls is said by the tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askingEverest, service, VERSION } from '../src/service.js';

function client(user = 'dana', app = service(async (headers) => headers.get('user') ?? '')) {
  const ask = async (method: string, path: string, body?: unknown) => {
    const init: RequestInit = { method, headers: { user, 'content-type': 'application/json' } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const answer = await app.request(path, init);
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  };
  return { app, ask };
}

test('a note from its beginning to its end', async () => {
  const { ask } = client();
  const made = await ask('POST', '/api/notes', { text: 'remember' });
  assert.equal(made.status, 201);
  const place = `/api/notes/${made.body.id}`;
  assert.equal((await ask('GET', place)).body.text, 'remember');
  assert.deepEqual((await ask('GET', '/api/notes')).body.items, [made.body]);
  assert.equal((await ask('DELETE', place)).status, 204);
  assert.equal((await ask('GET', place)).status, 404);
});

test('nobody sees the notes of others', async () => {
  const { app, ask } = client();
  const { body } = await ask('POST', '/api/notes', { text: 'secret' });
  const other = client('eve', app);
  assert.deepEqual((await other.ask('GET', '/api/notes')).body.items, []);
  assert.equal((await other.ask('DELETE', `/api/notes/${body.id}`)).status, 404);
});

test('pages are whole', async () => {
  const { ask } = client();
  const made: string[] = [];
  for (const text of ['a', 'b', 'c', 'd', 'e']) made.push((await ask('POST', '/api/notes', { text })).body.id);
  const seen: string[] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: { items: { id: string }[]; next?: string } = (await ask('GET', `/api/notes?limit=2${after && `&after=${after}`}`)).body;
    seen.push(...page.items.map((note) => note.id));
    after = page.next;
  }
  assert.deepEqual(seen, made);
});

test('a stream goes on behind its last event', async () => {
  const { app, ask } = client();
  const write = async (text: string): Promise<string> => (await ask('POST', '/api/notes', { text })).body.id;
  const made = [await write('a'), await write('b')];
  const open = (query: string, last?: string) =>
    app.request(`/api/events${query}`, { headers: { user: 'dana', ...(last ? { 'Last-Event-ID': last } : {}) } });
  const ids = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map((found) => found[1]);
  assert.deepEqual(ids(await (await open('')).text()), made);
  assert.deepEqual(ids(await (await open('', made[0])).text()), [made[1]]);
  assert.equal((await open('', 'none')).status, 410);
  const followed = (await open('?follow=true', made[1])).body!.getReader();
  const next = followed.read();
  const id = await write('c');
  assert.deepEqual(ids(new TextDecoder().decode((await next).value)), [id]);
  await followed.cancel();
});

test('an export comes to its end', async () => {
  const { app, ask } = client();
  const end = async () => {
    const started = await ask('POST', '/api/exports');
    assert.deepEqual([started.status, started.body.status], [202, 'running']);
    const place = `/api/exports/${started.body.id}`;
    assert.equal((await client('eve', app).ask('GET', place)).status, 404);
    for (;;) {
      const { body } = await ask('GET', place);
      if (body.status !== 'running') return body;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  assert.equal((await end()).error, 'there are no notes');
  await ask('POST', '/api/notes', { text: 'a' });
  assert.equal((await end()).text, 'a\n');
});

test('errors say what to do', async () => {
  const { ask } = client();
  const missing = await ask('GET', '/api/notes/none');
  assert.deepEqual(missing.body, { error: 'no note none', hint: 'everestctl <<name>> notes list' });
  const empty = await ask('POST', '/api/notes', { text: '' });
  assert.equal(empty.status, 422);
  assert.match(empty.body.error, /^text: /);
  assert.equal((await ask('GET', '/nothing')).status, 404);
});

test('strangers are refused', async () => {
  const { app, ask } = client('', service(askingEverest('http://127.0.0.1:9')));
  assert.equal((await ask('GET', '/api/notes')).status, 401);
  assert.equal((await ask('GET', '/api/events')).status, 401);
  const lied = await app.request('/api/notes', { headers: { 'X-Everest-User': 'dana' } });
  assert.equal(lied.status, 502);
  assert.equal((await ask('GET', '/healthz')).status, 200);
});

test('the document makes good commands', async () => {
  const { body } = await client().ask('GET', '/openapi.json');
  assert.equal(body.info.version, VERSION);
  assert.deepEqual(body.paths['/api/notes'].get['x-cli-paginate'], { cursor: '/next', parameter: 'after', size: 'limit' });
  assert.equal(body.paths['/api/notes/{id}'].delete.parameters[0]['x-cli-complete'].operation, 'listNotes');
});
