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
