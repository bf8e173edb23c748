// The service, as the pages ask it.
import type { PluginApi } from './everest';

export interface Note {
  id: string;
  text: string;
  created: string;
}

/** The newest notes first; a failure is in the words of the service. */
export async function listNotes(api: Pick<PluginApi, 'fetch'>): Promise<Note[]> {
  const answer = await api.fetch('/api/notes?limit=100');
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new Error(errorOf(body) ?? `the service answered ${answer.status}`);
  return (body as { items: Note[] }).items.toReversed();
}

export async function createNote(api: Pick<PluginApi, 'fetch'>, text: string): Promise<void> {
  const answer = await api.fetch('/api/notes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) {
    throw new Error(errorOf(await answer.json().catch(() => undefined)) ?? `the service answered ${answer.status}`);
  }
}

function errorOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  return typeof body.error === 'string' ? body.error : undefined;
}
