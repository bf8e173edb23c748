// Requests to a plugin's backend. What it answers with instead is thrown as a problem.
import type { PluginApi } from './contract';
import { asProblem, isAborted, Problem, problemOf, type Hints } from './problem';

export class Backend {
  /** The cluster of OpenEverest that the page is about, where the host says it. */
  private readonly place: Record<string, string>;

  constructor(
    private readonly api: PluginApi,
    private readonly hints: Hints,
  ) {
    const named = /^\/v1\/clusters\/([^/]+)\//.exec(api.basePath ?? '')?.[1];
    this.place = named === undefined ? {} : { k8sCluster: decodeURIComponent(named) };
  }

  async list<T>(path: string, query: Record<string, string>, signal?: AbortSignal): Promise<T[]> {
    const { items } = await this.read<{ items?: T[] }>(path, query, signal);
    if (!Array.isArray(items)) throw new Problem('The plugin answered something else than a list.');
    return items;
  }

  async read<T>(path: string, query: Record<string, string>, signal?: AbortSignal): Promise<T> {
    const answer = await this.send(`${path}?${new URLSearchParams({ ...query, ...this.place })}`, signal ? { signal } : {});
    return (await answer.json()) as T;
  }

  post(path: string, body: object, signal: AbortSignal): Promise<Response> {
    const text = JSON.stringify({ ...body, ...this.place });
    return this.send(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: text, signal });
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    const answer = await this.api.fetch(path, init).catch((thrown: unknown) => {
      throw isAborted(thrown) ? thrown : asProblem(thrown);
    });
    if (!answer.ok) throw await problemOf(this.hints, answer);
    return answer;
  }
}
