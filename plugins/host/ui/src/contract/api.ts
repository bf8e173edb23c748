// The object that a bundle's entry function gets.
import * as React from 'react';
import { asCommand, quoted } from './command';
import { commandWords } from './document';
import { withFault, type Fault } from './faults';
import type { Journal } from './journal';
import { textOf } from './journal';
import { isDeclared, withMetadata } from './metadata';
import { EXTENSION_TYPES, type Compat, type Descriptor, type Extension, type PluginApi } from './types';

/** A request of a bundle through `api.fetch`. */
export interface SentRequest {
  plugin: string;
  method: string;
  path: string;
  status: number | 'failed';
  milliseconds: number;
  command: string;
}

export interface ApiSurroundings {
  cluster: string;
  compat: Compat;
  hostVersion: string;
  cssNonce: string;
  journal: Journal;
  token: () => string;
  fault: () => Fault;
  sent: (request: SentRequest) => void;
  /** The OpenAPI document of a plugin; nothing where it has none. */
  document: (plugin: string) => Promise<unknown>;
  registered: (extension: Extension) => void;
}

/** Types that old charts name, which no OpenEverest shows. */
const DEAD_TYPES: Record<string, string> = {
  instanceCreateStep: 'instanceCreateFormSection',
  instanceEditStep: 'instanceEditFormSection',
};

/** What is wrong with an extension, for its author; OpenEverest says nothing and shows nothing. */
export function extensionFault(extension: Extension, descriptor: Descriptor): string | undefined {
  const { type } = extension;
  if (!EXTENSION_TYPES.includes(type)) {
    const now = DEAD_TYPES[type];
    return now ? `"${type}" was renamed to "${now}"` : `"${String(type)}" is not a type of extension`;
  }
  if (!isDeclared(type, descriptor.extensionPoints)) {
    return `"${type}" is not among spec.frontend.extensionPoints of the manifest`;
  }
  return undefined;
}

/** What an extension lacks: it is kept, as OpenEverest keeps it, and may not show. */
function lacks(extension: Extension): string[] {
  const missing: string[] = [];
  const { type } = extension;
  if (type !== 'sidebarItem' && typeof extension.component !== 'function' && typeof extension.component !== 'object') {
    missing.push('component');
  }
  if ((type === 'clusterDetailTab' || type === 'settingsPanel') && !extension.path) missing.push('path');
  if (!['route', 'globalDashboardWidget', 'clusterAction'].includes(type) && !extension.label) missing.push('label');
  return missing;
}

/** The headers of a request as OpenEverest sends them: of what a bundle gives, only a plain object counts upstream. */
function mergedHeaders(init: RequestInit | undefined, token: string, around: ApiSurroundings, name: string): HeadersInit {
  const given = init?.headers;
  const bearer = { Authorization: `Bearer ${token}` };
  if (given === undefined) return bearer;
  const isPlain = !(given instanceof Headers) && !Array.isArray(given);
  if (isPlain) return { ...bearer, ...given };
  const kind = given instanceof Headers ? 'a Headers object' : 'an array';
  const { journal } = around;
  journal.add(name, 'warning', `api.fetch: the headers are ${kind}, which current OpenEverest loses; pass a plain object`);
  if (around.compat === 'upstream') return { ...bearer, ...(given as unknown as Record<string, string>) };
  return { ...bearer, ...Object.fromEntries(new Headers(given)) };
}

export function createPluginApi(descriptor: Descriptor, around: ApiSurroundings): PluginApi {
  const { name } = descriptor;
  const { journal } = around;
  const basePath = `/v1/clusters/${encodeURIComponent(around.cluster)}/plugins/${encodeURIComponent(name)}`;
  const send = async (path: string, init?: RequestInit): Promise<Response> => {
    const method = (init?.method ?? 'GET').toUpperCase();
    if (!path.startsWith('/')) journal.add(name, 'warning', `api.fetch: the path "${path}" must start with /`);
    const headers = mergedHeaders(init, around.token(), around, name);
    const started = performance.now();
    const done = (status: SentRequest['status']): void => {
      const milliseconds = Math.round(performance.now() - started);
      const body = typeof init?.body === 'string' ? init.body : undefined;
      const isText = body !== undefined || init?.body === undefined || init.body === null;
      const tell = (document: unknown): void => {
        const own = isText ? commandWords(name, document, { method, path, body }) : undefined;
        const command = own ? own.map(quoted).join(' ') : asCommand(name, method, path, init?.body);
        around.sent({ plugin: name, method, path, status, milliseconds, command });
      };
      around.document(name).then(tell, () => tell(undefined));
    };
    try {
      const answer = await withFault(around.fault(), () => window.fetch(basePath + path, { ...init, headers }));
      done(answer.status);
      if (!answer.ok) journal.add(name, 'warning', `api.fetch ${method} ${path}: ${answer.status} ${answer.statusText}`.trim());
      return answer;
    } catch (thrown) {
      const isAborted = thrown instanceof DOMException && thrown.name === 'AbortError';
      if (!isAborted) journal.add(name, 'error', `api.fetch ${method} ${path} failed: ${textOf(thrown)}`);
      done('failed');
      throw thrown;
    }
  };
  return {
    React,
    registerExtension(given) {
      const extension = given as unknown as Extension;
      if (typeof extension !== 'object' || extension === null) {
        journal.add(name, 'error', 'registerExtension: missing extension');
        return;
      }
      const fault = extensionFault(extension, descriptor);
      if (fault) {
        journal.add(name, 'error', `skipped an extension: ${fault}`);
        return;
      }
      const missing = lacks(extension);
      if (missing.length > 0) {
        journal.add(name, 'warning', `${extension.type} "${extension.label ?? ''}" has no ${missing.join(', no ')}`);
      }
      around.registered(withMetadata(extension, descriptor.extensionPoints, around.compat));
    },
    // Bundles bind it or pass it on: it needs no `this`.
    fetch: send,
    basePath,
    cssNonce: around.cssNonce,
    hostVersion: around.hostVersion,
    uiContractVersion: React.version.split('.')[0] ?? '',
  };
}
