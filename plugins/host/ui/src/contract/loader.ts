// From the list of plugins to their extensions: one after the other, through the gates, with each failure told.
import * as React from 'react';
import { createPluginApi, type ApiSurroundings } from './api';
import { integrityFault } from './integrity';
import { pluginIn, textOf, type Journal } from './journal';
import type { Descriptor, Extension, HostFacts, PluginApi } from './types';
import { inRange, isUnversioned } from './version';

export type PluginState = 'waiting' | 'loading' | 'loaded' | 'skipped' | 'failed';

/** A plugin, and what became of it. */
export interface LoadedPlugin {
  name: string;
  descriptor: Descriptor;
  state: PluginState;
  extensions: Extension[];
  /** Why it was skipped, or failed. */
  why?: string;
  bytes?: number;
  milliseconds?: number;
}

export interface LoaderSurroundings extends Omit<ApiSurroundings, 'registered'> {
  facts: ReadonlyMap<string, HostFacts>;
  /** Gets the bytes of a bundle without running it, or says why a browser would not run them. */
  download: (url: string) => Promise<ArrayBuffer>;
  /** Runs the bundle at `url`; with a hash only if it is that. */
  importBundle: (url: string, integrity: string | undefined) => Promise<unknown>;
  /** How large the bundle was that the browser got. */
  sizeOf: (url: string) => number | undefined;
  /** Is told what is about to run, and knows what did not come back from it the last time. */
  guard: { didHang: (plugin: string) => boolean; begin: (plugin: string) => void; end: () => void };
  /** What became of the plugins so far. */
  changed: (plugins: readonly LoadedPlugin[]) => void;
}

/** How long a bundle may take before the next one is loaded, too. OpenEverest waits for ever. */
const PATIENCE = 10_000;

/** Why a plugin is not for this page; the sentences are OpenEverest's. */
export function gate(descriptor: Descriptor, hostVersion: string, journal: Journal): string | undefined {
  const { name, compatibleUiContractVersions: ui, compatibleHostVersions: host } = descriptor;
  const unread = (field: string, parts: string[]): void => {
    if (parts.length > 0) {
      const text = `${field}: "${parts.join(' ')}" is not understood and counts as fitting; write all three numbers, as in >=18.0.0`;
      journal.add(name, 'warning', text);
    }
  };
  if (ui) {
    const verdict = inRange(React.version, ui);
    unread('compatibleUiContractVersions', verdict.unread);
    if (!verdict.fits) return `needs UI contract (React) ${ui}, host is React ${React.version.split('.')[0]}.`;
  }
  if (host && !isUnversioned(hostVersion)) {
    const verdict = inRange(hostVersion, host);
    unread('compatibleHostVersions', verdict.unread);
    if (!verdict.fits) return `requires host ${host}, host is ${hostVersion}.`;
  }
  return undefined;
}

type Entry = (api: PluginApi) => unknown;

/** The function that a bundle exports to be called. */
export function entryOf(module: unknown): Entry | undefined {
  const exported = module as { default?: unknown; register?: unknown };
  const entry = exported.default || exported.register;
  return typeof entry === 'function' ? (entry as Entry) : undefined;
}

/** Loads all plugins of `list` in its order. It never throws: each failure is that of one plugin. */
export async function loadPlugins(list: readonly Descriptor[], around: LoaderSurroundings): Promise<readonly LoadedPlugin[]> {
  const plugins: LoadedPlugin[] = list.map((descriptor) => ({
    name: descriptor.name,
    descriptor,
    state: 'waiting',
    extensions: [],
  }));
  const changed = (): void => around.changed(plugins.map((plugin) => ({ ...plugin })));
  // Upstream shows nothing before the last bundle is there.
  const isStepwise = around.compat === 'spec';
  for (const plugin of plugins) {
    if (isStepwise) changed();
    const loading = loadOne(plugin, around, () => isStepwise && changed());
    if (around.compat === 'upstream') {
      await loading;
      continue;
    }
    let isLate = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((done) => {
      timer = setTimeout(() => {
        isLate = true;
        done();
      }, PATIENCE);
    });
    await Promise.race([loading, patience]);
    clearTimeout(timer);
    if (isLate) {
      around.journal.add(plugin.name, 'error', `the bundle did not arrive within ${PATIENCE / 1000} s; loading the next plugin`);
      void loading.then(changed);
    }
  }
  changed();
  return plugins;
}

/** The module; if a browser could not even get it, what it does not tell: the answer, or its type. */
async function imported(url: string, integrity: string | undefined, around: LoaderSurroundings): Promise<unknown> {
  try {
    return await around.importBundle(url, integrity);
  } catch (thrown) {
    const isNetwork = thrown instanceof TypeError && pluginIn(thrown.stack?.replace(thrown.message, '')) === undefined;
    if (isNetwork) await around.download(url);
    throw thrown;
  }
}

async function loadOne(plugin: LoadedPlugin, around: LoaderSurroundings, changed: () => void): Promise<void> {
  const { descriptor, name } = plugin;
  const { journal, compat } = around;
  const facts = around.facts.get(name);
  const skip = (why: string): void => {
    plugin.state = 'skipped';
    plugin.why = why;
  };
  const refused = gate(descriptor, around.hostVersion, journal);
  if (refused) {
    skip(refused);
    const message = `[plugins] Skipping "${name}": ${refused}`;
    console.warn(message);
    journal.add(name, 'warning', message);
    return;
  }
  // The list names a bundle for every plugin; only the host knows which have none.
  if (compat === 'spec' && facts && !facts.hasFrontend) {
    skip('no frontend: the manifest has no spec.frontend');
    return;
  }
  if (compat === 'spec' && around.guard.didHang(name)) {
    skip('the page stopped while it was loaded the last time; reload the page to try it again');
    journal.add(name, 'error', `skipped: ${plugin.why}`);
    return;
  }
  plugin.state = 'loading';
  changed();
  const started = performance.now();
  around.guard.begin(name);
  try {
    const integrity = facts?.bundleIntegrity ?? undefined;
    const fault = integrity ? await integrityFault(await around.download(descriptor.bundleUrl), integrity) : undefined;
    if (fault && compat === 'spec') throw new Error(fault);
    if (fault) journal.add(name, 'warning', `${fault} (current OpenEverest does not check it)`);
    const module = await imported(descriptor.bundleUrl, compat === 'spec' ? integrity : undefined, around);
    plugin.bytes = around.sizeOf(descriptor.bundleUrl);
    const entry = entryOf(module);
    if (!entry) {
      const exported = Object.keys(module as object).join(', ') || 'nothing';
      throw new Error(`the bundle exports no function as default or register; it exports ${exported}`);
    }
    const registered = (extension: Extension): void => {
      plugin.extensions = [...plugin.extensions, extension];
      // A bundle may register later, too.
      if (plugin.state === 'loaded') changed();
    };
    const result = entry(createPluginApi(descriptor, { ...around, registered }));
    if (result instanceof Promise) {
      journal.add(name, 'warning', 'the entry function is asynchronous, and the page does not wait for it');
      result.catch((thrown: unknown) => journal.add(name, 'error', `the entry function failed: ${textOf(thrown)}`));
    }
    plugin.state = 'loaded';
    plugin.milliseconds = Math.round(performance.now() - started);
    const types = plugin.extensions.map((extension) => extension.type).join(', ') || 'nothing';
    const size = plugin.bytes === undefined ? 'the bundle' : `${(plugin.bytes / 1000).toFixed(1)} kB`;
    journal.add(name, 'info', `loaded ${size} in ${plugin.milliseconds} ms; registered ${types}`);
  } catch (thrown) {
    plugin.state = 'failed';
    plugin.why = textOf(thrown);
    plugin.milliseconds = Math.round(performance.now() - started);
    console.error(`[plugins] Failed to load plugin "${name}":`, thrown);
    const kept = plugin.extensions.length;
    const rest = kept > 0 ? ` (${kept} registered before that stay)` : '';
    journal.add(name, 'error', `failed to load: ${plugin.why}${rest}`);
  }
  around.guard.end();
  changed();
}
