// The contract between OpenEverest's page and a plugin's bundle, as far as it is known from outside (docs/web-shell.md).
import type * as React from 'react';

/** A database instance, as the API returns it. */
export interface Instance {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace: string };
  spec: { providerRef?: { name?: string }; [key: string]: unknown };
  status?: { phase?: string; [key: string]: unknown };
}

/** An entry of the manifest's `extensionPoints`. */
export interface ExtensionPoint {
  type: string;
  label?: string;
  path?: string;
  icon?: string;
  providers?: string[];
}

/** A plugin in the list of the API. */
export interface Descriptor {
  name: string;
  displayName: string;
  description?: string;
  version?: string;
  vendor?: string;
  icon?: string;
  compatibleHostVersions?: string;
  compatibleUiContractVersions?: string;
  bundleUrl: string;
  extensionPoints?: ExtensionPoint[];
}

/** What only the development host says of a plugin. */
export interface HostFacts {
  name: string;
  enabled: boolean;
  hasFrontend: boolean;
  bundleIntegrity: string | null;
  revision: string;
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
export interface ActionProps {
  cluster: Instance;
  namespace: string;
  onClose: () => void;
}
export interface CardProps {
  cluster: Instance;
  namespace: string;
}
export interface WidgetProps {
  namespaces: string[];
}
export interface SettingsProps {
  currentUser: string;
}
export type PluginConfig = Record<string, unknown>;
export interface CreateSectionProps {
  formValues: Record<string, unknown>;
  onChange: (config: PluginConfig) => void;
  namespace: string;
}
export interface EditSectionProps extends CreateSectionProps {
  instance: Instance;
}

/** The types of extensions, each with the properties that its component gets. */
export interface ExtensionProps {
  route: RouteProps;
  sidebarItem: Record<string, never>;
  clusterDetailTab: TabProps;
  clusterAction: ActionProps;
  clusterCard: CardProps;
  globalDashboardWidget: WidgetProps;
  settingsPanel: SettingsProps;
  instanceCreateFormSection: CreateSectionProps;
  instanceEditFormSection: EditSectionProps;
}
export type ExtensionType = keyof ExtensionProps;

export const EXTENSION_TYPES: readonly ExtensionType[] = [
  'route',
  'sidebarItem',
  'clusterDetailTab',
  'clusterAction',
  'clusterCard',
  'globalDashboardWidget',
  'settingsPanel',
  'instanceCreateFormSection',
  'instanceEditFormSection',
];

/** What a bundle registers. */
export interface Extension<T extends ExtensionType = ExtensionType> {
  type: T;
  label?: string;
  path?: string;
  icon?: string;
  providers?: string[];
  component?: React.ComponentType<ExtensionProps[T]>;
}

/** What a bundle's entry function gets. */
export interface PluginApi {
  React: typeof React;
  registerExtension<T extends ExtensionType>(extension: Extension<T>): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  basePath: string;
  cssNonce: string;
  hostVersion: string;
  uiContractVersion: string;
}

/** `spec`: as specified; `upstream`: with the quirks of today's OpenEverest. */
export type Compat = 'spec' | 'upstream';
