// What the manifest's `extensionPoints` say of what a bundle registers.
import type { Compat, Extension, ExtensionPoint, ExtensionType } from './types';

/** Extensions whose `providers` the manifest may set. */
const FILTERED: readonly ExtensionType[] = [
  'clusterDetailTab',
  'clusterAction',
  'clusterCard',
  'instanceCreateFormSection',
  'instanceEditFormSection',
];

/** Whether the manifest allows extensions of this type: one that lists none allows all. */
export function isDeclared(type: string, points: readonly ExtensionPoint[] | undefined): boolean {
  return !points || points.length === 0 || points.some((point) => point.type === type);
}

function matching(extension: Extension, points: readonly ExtensionPoint[]): ExtensionPoint | undefined {
  const ofType = points.filter((point) => point.type === extension.type);
  const byPath = ofType.find((point) => point.path && extension.path && point.path === extension.path);
  return byPath ?? ofType.find((point) => point.label !== undefined && point.label === extension.label);
}

/** The extension with what the manifest adds to it. */
export function withMetadata(
  extension: Extension,
  points: readonly ExtensionPoint[] | undefined,
  compat: Compat,
): Extension {
  const point = matching(extension, points ?? []);
  if (!point) return extension;
  const merged = { ...extension };
  if (extension.type === 'sidebarItem' && !extension.icon && point.icon) merged.icon = point.icon;
  if (compat === 'spec' && point.providers && FILTERED.includes(extension.type)) merged.providers = point.providers;
  return merged;
}

/** Extensions that today's OpenEverest filters by provider. */
const FILTERED_UPSTREAM: readonly ExtensionType[] = [
  'clusterDetailTab',
  'instanceCreateFormSection',
  'instanceEditFormSection',
];

/** Whether the extension is for instances of `provider`. */
export function isForProvider(extension: Extension, provider: string | undefined, compat: Compat): boolean {
  const filtered = compat === 'spec' ? FILTERED : FILTERED_UPSTREAM;
  if (!filtered.includes(extension.type)) return true;
  const { providers } = extension;
  return !providers || providers.length === 0 || providers.includes(provider ?? '');
}
