// The addresses of the plugin's page.
import { useSyncExternalStore } from 'react';

export const HOME = '/plugins/metrics';

/** What part of the page a path below it names. */
export const SECTIONS = ['overview', 'dashboards', 'query'] as const;
export type Section = (typeof SECTIONS)[number];

const joined = (...parts: (string | undefined)[]): string => parts.filter((part) => part !== undefined).map((part) => encodeURIComponent(part as string)).join('/');

/** A dashboard, of one database if there is one; without a name, the first that fits. */
export function boardPath(name: string | undefined, namespace?: string, instance?: string): string {
  return `${HOME}/${joined('dashboards', name ?? '-', namespace, instance)}`;
}
export const databasePath = (namespace: string, instance: string): string => boardPath(undefined, namespace, instance);
export const queryPath = (expr: string): string => `${HOME}/query${expr ? `?${new URLSearchParams({ expr })}` : ''}`;

/** Goes to another part of the page. The router of the page around this one hears of it as of a step back. */
export function go(path: string): void {
  window.history.pushState(null, '', path);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

function watch(changed: () => void): () => void {
  window.addEventListener('popstate', changed);
  return () => window.removeEventListener('popstate', changed);
}

/** The expression that the address has. */
export const useExpression = (): string => useSyncExternalStore(watch, () => new URLSearchParams(window.location.search).get('expr') ?? '');
