// What OpenEverest's page gives to a bundle, as far as this one uses it.
import type * as React from 'react';

export interface Instance {
  metadata: { name: string; namespace: string };
  status?: { phase?: string };
}

export interface RouteProps {
  pluginName: string;
  subPath: string;
}
export interface TabProps {
  cluster: Instance;
  namespace: string;
  instanceName: string;
}

export type Extension =
  | { type: 'route'; label: string; path?: string; component: React.ComponentType<RouteProps> }
  | { type: 'sidebarItem'; label: string; icon?: string }
  | { type: 'clusterDetailTab'; label: string; path: string; component: React.ComponentType<TabProps> };

export interface PluginApi {
  React: typeof React;
  registerExtension(extension: Extension): void;
  /** `fetch` below the plugin, with the session of the user; `path` starts with `/`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  basePath: string;
  cssNonce: string;
  hostVersion: string;
  uiContractVersion: string;
}
