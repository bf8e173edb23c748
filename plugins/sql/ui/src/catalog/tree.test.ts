import { expect, test } from 'vitest';
import type { Table } from '../answer/client';
import { Problem } from '../../../../ui/src/problem';
import { linesOf, NOTHING, quotedName, schemaId, tableId, type Catalog } from './tree';

const table = (schema: string, name: string): Table => ({
  schema, name, reference: name, qualified: `${schema}.${name}`, kind: name.endsWith('_view') ? 'view' : 'table', rows: 1234, size: 1, comment: null,
});
const orders = table('public', 'orders');
const catalog: Catalog = {
  ...NOTHING,
  schemas: [{ name: 'public', tables: 2 }, { name: 'pg_catalog', tables: 60 }],
  tables: new Map([['public', [orders, table('public', 'order_view')]]]),
  columns: new Map([[orders.qualified, [{ name: 'id', type: 'bigint', nullable: false, key: 'orders_pkey', comment: null }]]]),
};
const seen = (open: string[], filter = '', of = catalog) => linesOf(of, new Set(open), filter).map(({ label, level, note }) => `${level} ${label}${note ? `: ${note}` : ''}`);

test('what is open shows what is in it', () => {
  expect(seen([])).toEqual(['1 public: 2 tables', '1 pg_catalog: 60 tables']);
  expect(seen([schemaId('public'), tableId(orders)])).toEqual([
    '1 public: 2 tables', '2 orders: 1.2K rows', '3 id: bigint, not null, orders_pkey', '2 order_view: view, 1.2K rows', '2 Functions', '1 pg_catalog: 60 tables',
  ]);
  expect(seen([schemaId('pg_catalog')])).toContain('2 Loading…');
});

test('a filter leaves the tables that have it', () => {
  expect(seen([], 'VIEW')).toEqual(['1 public: 2 tables', '2 order_view: view, 1.2K rows']);
  expect(seen([], 'nothing')).toEqual(['1 No table has this in its name']);
});

test('what could not be had says so in its place', () => {
  const broken = { ...catalog, tables: new Map([['public', new Problem('permission denied')]]) };
  expect(seen([schemaId('public')], '', broken)[1]).toBe('2 permission denied');
  expect(seen([], '', { ...NOTHING, schemas: new Problem('no connection') })).toEqual(['1 no connection']);
});

test('names are quoted where they have to be', () => {
  expect(['orders', 'Orders', 'a"b', '1x'].map(quotedName)).toEqual(['orders', '"Orders"', '"a""b"', '"1x"']);
});
