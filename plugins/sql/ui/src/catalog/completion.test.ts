import { expect, test } from 'vitest';
import type { Table } from '../answer/client';
import { completionOf } from './completion';

const table = (schema: string, name: string): Table => ({ schema, name, reference: name, qualified: `${schema}.${name}`, kind: 'table', rows: null, size: null, comment: null });

test('columns are those of their tables, by their plain names', () => {
  const tables = [table('public', 'orders'), table('sales', 'Ord.ers'), table('public', '__proto__')];
  const columns = [{ name: 'id', tables: 'Ord.ers, orders' }, { name: '"To""tal"', tables: 'orders' }];
  const found = completionOf(tables, columns);
  expect({ ...found['public'] }).toMatchObject({ orders: ['id', 'To"tal'] });
  expect({ ...found['sales'] }).toEqual({ 'Ord\\.ers': ['id'] });
  expect(Object.keys(found['public'] ?? {})).toContain('__proto__');
});
