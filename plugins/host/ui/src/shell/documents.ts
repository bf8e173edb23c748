// The OpenAPI documents of plugins, each asked for once, when somebody wants it.

/** Where everestctl looks for one, too. */
const PLACES = ['/openapi.json', '/api/openapi.json'];
const LARGEST = 8 * 1024 * 1024;

async function read(base: string, plugin: string, token: string): Promise<unknown> {
  for (const place of PLACES) {
    const answer = await fetch(`${base}/plugins/${encodeURIComponent(plugin)}${place}`, { headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) continue;
    const text = await answer.text();
    if (text.length <= LARGEST) return JSON.parse(text) as unknown;
  }
  return undefined;
}

/** `base` is the address of the cluster. What cannot be read is nothing: the request itself is a command, too. */
export function createDocuments(base: string, token: () => string): (plugin: string) => Promise<unknown> {
  const known = new Map<string, Promise<unknown>>();
  return (plugin) => {
    let document = known.get(plugin);
    if (!document) {
      document = read(base, plugin, token()).catch(() => undefined);
      known.set(plugin, document);
    }
    return document;
  };
}
