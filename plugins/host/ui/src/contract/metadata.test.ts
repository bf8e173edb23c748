import { expect, it } from 'vitest';
import { isDeclared, isForProvider, withMetadata } from './metadata';
import type { Extension } from './types';

const tab: Extension = { type: 'clusterDetailTab', label: 'Slow', path: 'slow', providers: ['mine'] };

it('a manifest that lists extension points allows no others', () => {
  expect(isDeclared('route', undefined)).toBe(true);
  expect(isDeclared('route', [])).toBe(true);
  expect(isDeclared('route', [{ type: 'sidebarItem' }])).toBe(false);
});

it('the providers of the manifest win where the specification says so', () => {
  const points = [{ type: 'clusterDetailTab', path: 'slow', providers: ['theirs'] }];
  expect(withMetadata(tab, points, 'spec').providers).toEqual(['theirs']);
  expect(withMetadata(tab, points, 'upstream').providers).toEqual(['mine']);
  expect(withMetadata(tab, [{ type: 'clusterDetailTab', label: 'Other' }], 'spec')).toBe(tab);
});

it('a sidebar item gets the icon that it lacks', () => {
  const item: Extension = { type: 'sidebarItem', label: 'Hub' };
  const points = [{ type: 'sidebarItem', label: 'Hub', icon: '/icon.svg' }];
  expect(withMetadata(item, points, 'upstream').icon).toBe('/icon.svg');
  expect(withMetadata({ ...item, icon: '/own.svg' }, points, 'spec').icon).toBe('/own.svg');
});

it('actions and cards are filtered by the specification only', () => {
  const action: Extension = { type: 'clusterAction', providers: ['pg'] };
  expect(isForProvider(action, 'mongo', 'spec')).toBe(false);
  expect(isForProvider(action, 'mongo', 'upstream')).toBe(true);
  expect(isForProvider(tab, 'mine', 'upstream')).toBe(true);
  expect(isForProvider(tab, undefined, 'upstream')).toBe(false);
});
