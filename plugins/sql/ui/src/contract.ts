// What OpenEverest's page gives a bundle, as far as this one uses it.
import type { ComponentType } from 'react';

export interface RouteProps {
  pluginName: string;
  subPath?: string;
}

export interface TabProps {
  namespace: string;
  instanceName: string;
}

interface ExtensionProps {
  route: RouteProps;
  sidebarItem: Record<string, never>;
  clusterDetailTab: TabProps;
}

export interface Extension<T extends keyof ExtensionProps = keyof ExtensionProps> {
  type: T;
  label: string;
  path?: string;
  icon?: string;
  providers?: string[];
  component?: ComponentType<ExtensionProps[T]>;
}

export interface PluginApi {
  registerExtension<T extends keyof ExtensionProps>(extension: Extension<T>): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** `/v1/clusters/CLUSTER/plugins/NAME`; hosts before contract 0.4.0 have none. */
  basePath?: string;
  cssNonce?: string;
}
