// What OpenEverest's page gives a bundle, as far as our bundles use it.
import type { ComponentType } from 'react';

export interface RouteProps {
  pluginName: string;
  subPath?: string;
}

export interface TabProps {
  /** The instance, as the API returns it. */
  cluster?: { spec?: { providerRef?: { name?: string } } };
  namespace: string;
  instanceName: string;
}

export interface WidgetProps {
  namespaces?: string[];
}

interface ExtensionProps {
  route: RouteProps;
  sidebarItem: Record<string, never>;
  clusterDetailTab: TabProps;
  globalDashboardWidget: WidgetProps;
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
