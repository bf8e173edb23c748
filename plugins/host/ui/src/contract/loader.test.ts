// @vitest-environment happy-dom
import * as React from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { Journal } from './journal';
import { entryOf, gate, loadPlugins, type LoaderSurroundings } from './loader';
import type { Descriptor, HostFacts, PluginApi } from './types';

let journal: Journal;
beforeEach(() => {
  journal = new Journal();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

const descriptor = (name: string, more: Partial<Descriptor> = {}): Descriptor => ({
  name,
  displayName: name,
  bundleUrl: `/v1/clusters/main/plugins/${name}/main.js`,
  ...more,
});
const facts = (name: string, more: Partial<HostFacts> = {}): [string, HostFacts] => [
  name,
  { name, enabled: true, hasFrontend: true, bundleIntegrity: null, revision: '', ...more },
];

function around(modules: Record<string, unknown>, more: Partial<LoaderSurroundings> = {}): LoaderSurroundings {
  return {
    cluster: 'main',
    compat: 'spec',
    hostVersion: '2.1.0',
    cssNonce: 'n',
    journal,
    token: () => 'token',
    fault: () => 'none',
    sent: () => {},
    document: () => Promise.resolve(undefined),
    facts: new Map(),
    download: () => Promise.resolve(new ArrayBuffer(1500)),
    importBundle: (url) => {
      const module = modules[url.split('/')[5] ?? ''];
      return module instanceof Error ? Promise.reject(module) : Promise.resolve(module);
    },
    sizeOf: () => 1500,
    guard: { didHang: () => false, begin: () => {}, end: () => {} },
    changed: () => {},
    ...more,
  };
}
const texts = (): string[] => journal.entries().map((entry) => `${entry.plugin}: ${entry.text}`);
const route = { type: 'route' as const, label: 'x', component: () => null };

it('takes default before register, and only functions', () => {
  const one = (): void => {};
  const other = (): void => {};
  expect(entryOf({ default: one, register: other })).toBe(one);
  expect(entryOf({ register: other })).toBe(other);
  expect(entryOf({ default: {}, register: other })).toBeUndefined();
  expect(entryOf({})).toBeUndefined();
});

it('a plugin that fails leaves the others, and keeps what it registered before', async () => {
  const half = (api: PluginApi): void => {
    api.registerExtension(route);
    throw new Error('halfway');
  };
  const good = (api: PluginApi): void => api.registerExtension(route);
  const list = ['broken', 'half', 'empty', 'good'].map((name) => descriptor(name));
  const modules = { broken: new SyntaxError('unexpected token'), half: { default: half }, empty: { x: 1 }, good: { register: good } };
  const loaded = await loadPlugins(list, around(modules));
  expect(loaded.map((plugin) => [plugin.name, plugin.state, plugin.extensions.length])).toEqual([
    ['broken', 'failed', 0],
    ['half', 'failed', 1],
    ['empty', 'failed', 0],
    ['good', 'loaded', 1],
  ]);
  expect(texts()).toEqual([
    'broken: failed to load: SyntaxError: unexpected token',
    'half: failed to load: Error: halfway (1 registered before that stay)',
    'empty: failed to load: Error: the bundle exports no function as default or register; it exports x',
    expect.stringMatching(/^good: loaded 1\.5 kB in \d+ ms; registered route$/),
  ]);
});

it('loads one after the other, and upstream shows all at the end', async () => {
  const seen: string[][] = [];
  const order: string[] = [];
  const list = ['a', 'b'].map((name) => descriptor(name));
  const surroundings = around({}, {
    compat: 'upstream',
    importBundle: async (url) => {
      order.push(`begin ${url.split('/')[5]}`);
      await new Promise((done) => setTimeout(done, 5));
      order.push(`end ${url.split('/')[5]}`);
      return { default: () => {} };
    },
    changed: (plugins) => seen.push(plugins.map((plugin) => plugin.state)),
  });
  await loadPlugins(list, surroundings);
  expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b']);
  expect(seen).toEqual([['loaded', 'loaded']]);
});

it('a wrong hash is refused by the specification and only told upstream', async () => {
  const run = vi.fn(() => Promise.resolve({ default: () => {} }));
  const list = [descriptor('x')];
  const wrong = new Map([facts('x', { bundleIntegrity: 'sha384-AAAA' })]);
  const [spec] = await loadPlugins(list, around({}, { facts: wrong, importBundle: run }));
  expect(spec?.state).toBe('failed');
  expect(spec?.why).toContain('bundleIntegrity does not match');
  expect(run).not.toHaveBeenCalled();
  const [upstream] = await loadPlugins(list, around({}, { facts: wrong, importBundle: run, compat: 'upstream' }));
  expect(upstream?.state).toBe('loaded');
  expect(run).toHaveBeenCalledWith(list[0]?.bundleUrl, undefined);
  expect(texts().some((text) => text.includes("current OpenEverest does not check it"))).toBe(true);
});

it('a bundle that a browser cannot get is told by its answer', async () => {
  const download = (): Promise<never> => Promise.reject(new Error('GET /main.js: 404 no such file'));
  const modules = { gone: new TypeError('Failed to fetch dynamically imported module'), own: new RangeError('its own') };
  const loaded = await loadPlugins([descriptor('gone'), descriptor('own')], around(modules, { download }));
  expect(loaded.map((plugin) => plugin.why)).toEqual(['Error: GET /main.js: 404 no such file', 'RangeError: its own']);
});

it('the gates say what OpenEverest says', () => {
  const gated = (more: Partial<Descriptor>, version = '2.1.0'): string | undefined => gate(descriptor('x', more), version, journal);
  expect(gated({ compatibleUiContractVersions: '>=19.0.0 <20.0.0' })).toBe(
    'needs UI contract (React) >=19.0.0 <20.0.0, host is React 18.',
  );
  expect(gated({ compatibleHostVersions: '>=3.0.0' })).toBe('requires host >=3.0.0, host is 2.1.0.');
  expect(gated({ compatibleHostVersions: '>=3.0.0' }, 'dev')).toBeUndefined();
  expect(gated({ compatibleUiContractVersions: '>=19' })).toBeUndefined();
  expect(texts()).toEqual([
    'x: compatibleUiContractVersions: ">=19" is not understood and counts as fitting; write all three numbers, as in >=18.0.0',
  ]);
});

it('the object that a bundle gets has every member', async () => {
  let got: PluginApi | undefined;
  const modules = { x: { default: (api: PluginApi) => (got = api) } };
  const list = [descriptor('x', { extensionPoints: [{ type: 'route' }] })];
  await loadPlugins(list, around(modules));
  const api = got as PluginApi;
  expect(Object.keys(api).sort()).toEqual(
    ['React', 'basePath', 'cssNonce', 'fetch', 'hostVersion', 'registerExtension', 'uiContractVersion'].sort(),
  );
  expect(api.React.useState).toBe(React.useState);
  expect([api.basePath, api.cssNonce, api.hostVersion, api.uiContractVersion]).toEqual([
    '/v1/clusters/main/plugins/x',
    'n',
    '2.1.0',
    '18',
  ]);
  api.registerExtension({ type: 'sidebarItem', label: 'no' });
  api.registerExtension({ type: 'instanceCreateStep' as 'route' });
  expect(texts().slice(1)).toEqual([
    'x: skipped an extension: "sidebarItem" is not among spec.frontend.extensionPoints of the manifest',
    'x: skipped an extension: "instanceCreateStep" was renamed to "instanceCreateFormSection"',
  ]);
});

it('api.fetch sends the token first, then what the bundle gives', async () => {
  const fetched = vi.spyOn(window, 'fetch').mockImplementation(() => Promise.resolve(new Response('{}')));
  let got: PluginApi | undefined;
  await loadPlugins([descriptor('x')], around({ x: { default: (api: PluginApi) => (got = api) } }));
  const send = (got as PluginApi).fetch.bind(got);
  await send('/api/a', { method: 'POST', headers: { 'X-Own': '1' }, body: 'b' });
  expect(fetched).toHaveBeenLastCalledWith('/v1/clusters/main/plugins/x/api/a', {
    method: 'POST',
    headers: { Authorization: 'Bearer token', 'X-Own': '1' },
    body: 'b',
  });
  await send('/api/b', { headers: new Headers({ 'X-Own': '1' }) });
  const headers = new Headers(fetched.mock.lastCall?.[1]?.headers);
  expect([headers.get('authorization'), headers.get('x-own')]).toEqual(['Bearer token', '1']);
  expect(texts().at(-1)).toContain('pass a plain object');
});

it('leaves out once what did not come back the last time', async () => {
  const seen: string[] = [];
  const guard = { didHang: (plugin: string) => plugin === 'loops', begin: (plugin: string) => void seen.push(plugin), end: () => void seen.push('end') };
  const register = (api: PluginApi) => api.registerExtension(route);
  const [loops, good] = await loadPlugins([descriptor('loops'), descriptor('good')], around({ loops: { register }, good: { register } }, { guard, facts: new Map([facts('loops'), facts('good')]) }));
  expect([loops?.state, good?.state]).toEqual(['skipped', 'loaded']);
  expect(texts()[0]).toContain('loops: skipped: the page stopped while it was loaded the last time');
  expect(seen).toEqual(['good', 'end']);
});
