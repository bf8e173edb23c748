// What all parts of the page share: session, cluster, plugins, and what the developer has set.
import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { SentRequest } from '../contract/api';
import type { Fault } from '../contract/faults';
import { Journal, textOf, type Entry } from '../contract/journal';
import { loadPlugins, type LoadedPlugin } from '../contract/loader';
import { isForProvider } from '../contract/metadata';
import type { Compat, Descriptor, Extension, ExtensionType, HostFacts } from '../contract/types';
import { download, importBundle, sizeOf } from './bundles';
import { createDocuments } from './documents';
import { observe } from './observe';
import { report } from './reports';
import { get, token } from './session';
import { LoadGuard, watchPage } from './watchdog';

const meta = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

export const COMPAT: Compat = meta('everest-shell-compat') === 'upstream' ? 'upstream' : 'spec';
export const CSP_NONCE = meta('csp-nonce');
export const HOST_VERSION = meta('everest-version') || 'dev';

export const journal = new Journal(report);
observe(journal);
const watched = watchPage(token);
const guard = new LoadGuard(token);

/** Requests of bundles, the last ones. */
class SentRequests {
  private list: readonly SentRequest[] = [];
  private listeners = new Set<() => void>();
  readonly all = (): readonly SentRequest[] => this.list;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly add = (request: SentRequest): void => {
    this.list = [request, ...this.list].slice(0, 200);
    for (const listener of this.listeners) listener();
  };
}
const sentRequests = new SentRequests();

export const useJournal = (): readonly Entry[] => useSyncExternalStore(journal.subscribe, journal.entries);
export const useSentRequests = (): readonly SentRequest[] => useSyncExternalStore(sentRequests.subscribe, sentRequests.all);

export interface Shell {
  user: string;
  cluster: string;
  clusters: string[];
  chooseCluster: (name: string) => void;
  namespaces: string[];
  plugins: readonly LoadedPlugin[];
  loading: boolean;
  fault: Fault;
  setFault: (fault: Fault) => void;
  reloads: boolean;
  setReloads: (on: boolean) => void;
}

const Context = createContext<Shell | undefined>(undefined);

export function useShell(): Shell {
  const shell = useContext(Context);
  if (!shell) throw new Error('outside of the shell');
  return shell;
}

/** An extension with its plugin. */
export interface Placed<T extends ExtensionType> {
  plugin: string;
  extension: Extension<T>;
  key: string;
}

/** Everything of one type, for instances of `provider` where that matters. */
export function useExtensions<T extends ExtensionType>(type: T, provider?: { name: string | undefined }): Placed<T>[] {
  const { plugins } = useShell();
  return plugins.flatMap((plugin) =>
    plugin.extensions.flatMap((extension, index) => {
      const isWanted = extension.type === type && (!provider || isForProvider(extension, provider.name, COMPAT));
      return isWanted ? [{ plugin: plugin.name, extension: extension as Extension<T>, key: `${plugin.name}:${index}` }] : [];
    }),
  );
}

const RELOADS = 'everestShellReloads';
/** How often the page asks whether a bundle has changed. */
const LOOK = 1500;

async function facts(): Promise<Map<string, HostFacts>> {
  const list = await get<HostFacts[]>('/shell/plugins');
  return new Map(list.map((entry) => [entry.name, entry]));
}

const fingerprint = (known: ReadonlyMap<string, HostFacts>): string => JSON.stringify([...known.values()]);

export function ShellProvider({ children }: { children: ReactNode }) {
  const [cluster, chooseCluster] = useState('main');
  const [clusters, setClusters] = useState<string[]>(['main']);
  const [user, setUser] = useState('');
  const [namespaces, setNamespaces] = useState<string[]>([]);
  const [plugins, setPlugins] = useState<readonly LoadedPlugin[]>([]);
  const [loading, setLoading] = useState(true);
  const [fault, setFault] = useState<Fault>('none');
  const [reloads, setReloads] = useState(localStorage.getItem(RELOADS) !== 'no');
  const wanted = useRef<Fault>('none');
  wanted.current = fault;
  // What this page shows, to be compared with what there is.
  const seen = useRef<string>();

  useEffect(() => {
    let isCurrent = true;
    const failed = (thrown: unknown): void => journal.add('shell', 'error', textOf(thrown));
    const load = async (): Promise<void> => {
      setLoading(true);
      const base = `/v1/clusters/${encodeURIComponent(cluster)}`;
      const [all, context, known, list] = await Promise.all([
        get<{ items: { name: string }[] }>('/v1/clusters'),
        get<{ user: string; namespaces: string[] }>(`${base}/plugin-context`),
        facts(),
        get<Descriptor[]>(`${base}/plugins`),
      ]);
      if (!isCurrent) return;
      seen.current = fingerprint(known);
      setClusters(all.items.map((item) => item.name));
      setUser(context.user);
      setNamespaces(context.namespaces);
      await watched;
      if (!isCurrent) return;
      await loadPlugins(list, {
        cluster,
        compat: COMPAT,
        hostVersion: HOST_VERSION,
        cssNonce: CSP_NONCE,
        journal,
        token,
        fault: () => wanted.current,
        sent: sentRequests.add,
        document: createDocuments(base, token),
        facts: known,
        download,
        importBundle,
        sizeOf,
        guard,
        changed: (now) => isCurrent && setPlugins(now),
      });
    };
    load()
      .catch(failed)
      .finally(() => isCurrent && setLoading(false));
    return () => {
      isCurrent = false;
    };
  }, [cluster]);

  useEffect(() => {
    localStorage.setItem(RELOADS, reloads ? 'yes' : 'no');
    if (!reloads) return;
    const look = async (): Promise<void> => {
      const now = fingerprint(await facts());
      if (seen.current !== undefined && now !== seen.current) location.reload();
    };
    const timer = setInterval(() => document.visibilityState === 'visible' && void look().catch(() => {}), LOOK);
    return () => clearInterval(timer);
  }, [reloads]);

  const shell = useMemo(
    () => ({ user, cluster, clusters, chooseCluster, namespaces, plugins, loading, fault, setFault, reloads, setReloads }),
    [user, cluster, clusters, namespaces, plugins, loading, fault, reloads],
  );
  return <Context.Provider value={shell}>{children}</Context.Provider>;
}
