// <<title>>: the routes. Their schemas are the OpenAPI document, and that is what makes commands of them.
//
// Notes are kept in memory, by user: put a database of your own in their place.
import { randomBytes } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
<% if ui %>
import { readFile } from 'node:fs/promises';
<% endif %>
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';

export const VERSION = '<<version>>';

/** Says who calls, by the headers of the request. */
export type Callers = (headers: Headers) => Promise<string>;

/** Shown by everestctl as it is: what happened, and what to do. */
class Problem extends HTTPException {
  constructor(
    status: 401 | 403 | 404 | 410 | 422 | 502,
    readonly error: string,
    readonly hint?: string,
  ) {
    super(status, { message: error });
  }
}

const NewNote = z
  .object({ text: z.string().min(1).max(10_000).openapi({ description: 'What to remember' }) })
  .openapi('NewNote');
const Note = NewNote.extend({
  id: z.string().openapi({ description: 'Its identifier' }),
  created: z.iso.datetime().openapi({ description: 'When it was written' }),
}).openapi('Note');
const Notes = z
  .object({ items: z.array(Note), next: z.string().optional().openapi({ description: 'Where the next page starts' }) })
  .openapi('Notes');
const Export = z
  .object({
    id: z.string().openapi({ description: 'Its identifier' }),
    status: z.enum(['running', 'succeeded', 'failed']).openapi({ description: 'How far it is' }),
    text: z.string().optional().openapi({ description: 'All notes' }),
    error: z.string().optional().openapi({ description: 'Why it failed' }),
  })
  .openapi('Export');
const Caller = z.object({ user: z.string() }).openapi('Caller');
const Failure = z.object({ error: z.string(), hint: z.string().optional() }).openapi('Failure');

type Note = z.infer<typeof Note>;
type Export = z.infer<typeof Export>;

const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
const failures = { 401: json('What went wrong', Failure), default: json('What went wrong', Failure) };
const id = (description: string) =>
  z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' }, description }) });
// Where TAB finds the values of `id`.
const IDS = { operation: 'listNotes', values: '/items/*/id', describe: '/items/*/text' };

/** The service; streams that somebody follows end when it is `stopping`. */
export function service(callers: Callers, stopping = new AbortController().signal): OpenAPIHono {
  const notes = new Map<string, Note[]>();
  const exports = new Map<string, { user: string; job: Export }>();
  // Tells of each new note, with its user.
  const written = new EventEmitter().setMaxListeners(0);
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const first = result.error.issues[0];
      throw new Problem(422, [first?.path.join('.'), first?.message].filter(Boolean).join(': '));
    },
  });
  const caller = (request: Request) => callers(request.headers);
  const found = (user: string, wanted: string): Note => {
    const note = notes.get(user)?.find((note) => note.id === wanted);
    if (!note) throw new Problem(404, `no note ${wanted}`, 'everestctl <<name>> notes list');
    return note;
  };

  app.onError((error, context) => {
    if (error instanceof Problem) return context.json({ error: error.error, hint: error.hint }, error.status);
    if (error instanceof HTTPException) return context.json({ error: error.message }, error.status);
    console.error(error);
    return context.json({ error: 'internal error' }, 500);
  });
  app.notFound((context) => context.json({ error: 'not found' }, 404));

  app.get('/healthz', (context) => context.json({}));
<% if ui %>
  app.get('/main.js', async (context) => {
    const bundle = await readFile(new URL('../../ui/dist/main.js', import.meta.url), 'utf8');
    return context.body(bundle, 200, { 'content-type': 'text/javascript' });
  });
<% endif %>

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/whoami',
      operationId: 'whoami',
      summary: 'Show who calls',
      tags: ['whoami'],
      responses: { 200: json('The caller', Caller), ...failures },
    }),
    async (context) => context.json({ user: await caller(context.req.raw) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/notes',
      operationId: 'listNotes',
      summary: 'List notes',
      tags: ['notes'],
      request: {
        query: z.object({
          limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ description: 'How many on a page' }),
          after: z.string().optional().openapi({ description: 'Where the page starts' }),
        }),
      },
      responses: { 200: json('Notes', Notes), ...failures },
      'x-cli-examples': ['notes list', 'notes list --all -o json'],
      'x-cli-columns': {
        rows: '/items',
        columns: ['id', 'text', { path: '/created', name: 'AGE', format: 'age' }],
      },
      'x-cli-paginate': { cursor: '/next', parameter: 'after', size: 'limit' },
    }),
    async (context) => {
      const { limit, after } = context.req.valid('query');
      const mine = notes.get(await caller(context.req.raw)) ?? [];
      const start = after === undefined ? 0 : mine.findIndex((note) => note.id === after) + 1;
      if (after !== undefined && start === 0) {
        throw new Problem(422, 'after: there is no such note', 'start at the first page again');
      }
      const items = mine.slice(start, start + limit);
      const next = start + limit < mine.length ? items.at(-1)?.id : undefined;
      return context.json({ items, next }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/notes',
      operationId: 'createNote',
      summary: 'Write a note',
      tags: ['notes'],
      request: { body: { required: true, content: { 'application/json': { schema: NewNote } } } },
      responses: { 201: json('The note', Note), ...failures },
      'x-cli-examples': ["notes create --text 'Upgrade shop on Friday'"],
    }),
    async (context) => {
      const user = await caller(context.req.raw);
      const { text } = context.req.valid('json');
      const note = { id: randomBytes(4).toString('hex'), created: new Date().toISOString(), text };
      notes.set(user, [...(notes.get(user) ?? []), note]);
      written.emit('note', user, note);
      return context.json(note, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/notes/{id}',
      operationId: 'getNote',
      summary: 'Show a note',
      tags: ['notes'],
      request: { params: id('The note') },
      responses: { 200: json('The note', Note), ...failures },
    }),
    async (context) => context.json(found(await caller(context.req.raw), context.req.valid('param').id), 200),
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/notes/{id}',
      operationId: 'deleteNote',
      summary: 'Delete a note',
      tags: ['notes'],
      request: { params: id('The note') },
      responses: { 204: { description: 'It is gone' }, ...failures },
      'x-cli-confirm': 'delete the note {id}?',
    }),
    async (context) => {
      const user = await caller(context.req.raw);
      const note = found(user, context.req.valid('param').id);
      notes.set(user, (notes.get(user) ?? []).filter((other) => other !== note));
      return context.body(null, 204);
    },
  );

  // An event for each note, whose id is that of the note: a stream that was cut off goes on behind it.
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/api/events',
    operationId: 'watchNotes',
    summary: 'Show notes as they are written',
    tags: ['notes'],
    request: {
      query: z.object({ follow: z.boolean().default(false).openapi({ description: 'Wait for new notes' }) }),
    },
    responses: {
      200: { description: 'An event for each note', content: { 'text/event-stream': { schema: Note } } },
      ...failures,
    },
    'x-cli-name': 'notes watch',
    'x-cli-examples': ['notes watch', 'notes watch -f'],
    'x-cli-columns': { columns: ['id', 'text'] },
    'x-cli-follow': { parameter: 'follow' },
  });
  app.get('/api/events', async (context) => {
    const user = await caller(context.req.raw);
    const last = context.req.header('Last-Event-ID');
    const mine = notes.get(user) ?? [];
    const start = last === undefined ? 0 : mine.findIndex((note) => note.id === last) + 1;
    if (last !== undefined && start === 0) throw new Problem(410, 'Last-Event-ID: there is no such note');
    return streamSSE(context, async (stream) => {
      const send = (note: Note) => stream.writeSSE({ id: note.id, event: 'note', data: JSON.stringify(note) });
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const alive = setInterval(() => void stream.write(': alive\n\n'), 15_000);
      try {
        const news = on(written, 'note', { signal: AbortSignal.any([gone.signal, stopping]) });
        for (const note of mine.slice(start)) await send(note);
        if (context.req.query('follow') !== 'true') return;
        for await (const [writer, note] of news) if (writer === user) await send(note);
      } catch (error) {
        if (!gone.signal.aborted && !stopping.aborted) throw error;
      } finally {
        clearInterval(alive);
        gone.abort();
      }
    });
  });

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/exports',
      operationId: 'startExport',
      summary: 'Export all notes as text',
      tags: ['exports'],
      responses: { 202: json('The export that was started', Export), ...failures },
      'x-cli-examples': ['exports create --wait'],
      'x-cli-wait': {
        id: '/id',
        poll: 'getExport',
        status: '/status',
        success: ['succeeded'],
        failure: ['failed'],
        message: '/error',
        interval: '1s',
      },
    }),
    async (context) => {
      const user = await caller(context.req.raw);
      const job: Export = { id: randomBytes(4).toString('hex'), status: 'running' };
      exports.set(job.id, { user, job });
      // Yours takes its time, and goes on after this is answered.
      setTimeout(() => {
        const text = (notes.get(user) ?? []).map((note) => `${note.text}\n`).join('');
        Object.assign(job, text ? { status: 'succeeded', text } : { status: 'failed', error: 'there are no notes' });
      }, 300);
      return context.json({ ...job }, 202);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/exports/{id}',
      operationId: 'getExport',
      summary: 'Show an export',
      tags: ['exports'],
      request: { params: id('The export') },
      responses: { 200: json('The export', Export), ...failures },
    }),
    async (context) => {
      const user = await caller(context.req.raw);
      const wanted = context.req.valid('param').id;
      const found = exports.get(wanted);
      if (found?.user !== user) throw new Problem(404, `no export ${wanted}`, 'everestctl <<name>> exports create');
      return context.json(found.job, 200);
    },
  );

  app.get('/openapi.json', (context) => {
    const document = app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: '<<title>>', version: VERSION, description: 'Keep notes' },
    });
    for (const operation of Object.values(document.paths?.['/api/notes/{id}'] ?? {})) {
      for (const parameter of operation.parameters ?? []) parameter['x-cli-complete'] = IDS;
    }
    return context.json(document);
  });
  return app;
}

/** The OpenEverest API says who calls: a header alone could be anybody's. */
export function askingEverest(address: string): Callers {
  return async (headers) => {
    const token = headers.get('X-Everest-User') ?? headers.get('Authorization')?.replace(/^Bearer /, '');
    if (!token) throw new Problem(401, 'missing auth token');
    let answer: Response;
    try {
      answer = await fetch(`${address.replace(/\/$/, '')}/v1/clusters/main/plugin-context`, {
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
    } catch {
      throw new Problem(502, 'the OpenEverest API is not reachable');
    }
    if (answer.status === 401 || answer.status === 403) {
      throw new Problem(answer.status, 'the OpenEverest API refuses the token');
    }
    const body: unknown = answer.ok ? await answer.json() : undefined;
    const context = z.object({ user: z.string().min(1) }).safeParse(body);
    if (!context.success) throw new Problem(502, `the OpenEverest API answered ${answer.status}`);
    return context.data.user;
  };
}
