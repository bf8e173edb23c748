// The schema tree as lines: what there is, what is open, what fits the filter; pure.
import type { Schema, SqlFunction, Table, TableColumn } from '../answer/client';
import { Problem } from '../../../../ui/src/problem';

/** What was asked for: on its way, there, or not to be had. */
export type Loaded<T> = 'loading' | Problem | T;

export interface Catalog {
  schemas?: Loaded<readonly Schema[]>;
  /** By the name of the schema. */
  tables: ReadonlyMap<string, Loaded<readonly Table[]>>;
  /** By the qualified name of the table. */
  columns: ReadonlyMap<string, Loaded<readonly TableColumn[]>>;
  functions?: Loaded<readonly SqlFunction[]>;
}

export const NOTHING: Catalog = { tables: new Map(), columns: new Map() };

export interface TreeLine {
  id: string;
  kind: 'schema' | 'table' | 'column' | 'group' | 'function' | 'message';
  label: string;
  /** What stands beside the label: a type, a number of rows. */
  note?: string;
  level: number;
  position: number;
  siblings: number;
  /** Whether it is open; nothing where it cannot be. */
  open?: boolean;
  schema?: string;
  table?: Table;
  /** What it is in a statement. */
  reference?: string;
}

export const schemaId = (schema: string): string => `schema ${schema}`;
export const tableId = (table: Table): string => `table ${table.qualified}`;
export const functionsId = (schema: string): string => `functions ${schema}`;

/** A name as a statement has it. */
export function quotedName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

const counted = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

function tableNote(table: Table): string {
  const kind = table.kind === 'table' ? '' : table.kind;
  const rows = table.rows === null ? '' : `${counted.format(table.rows)} rows`;
  return [kind, rows].filter(Boolean).join(', ');
}

const isList = <T>(loaded: Loaded<readonly T[]> | undefined): loaded is readonly T[] => Array.isArray(loaded);
const isSystem = (schema: string): boolean => schema === 'pg_catalog' || schema === 'information_schema';

/** The lines that can be seen. With a filter, the tables whose names have it, in schemas that are all open. */
export function linesOf(catalog: Catalog, open: ReadonlySet<string>, filter: string): TreeLine[] {
  const lines: TreeLine[] = [];
  const wanted = filter.trim().toLowerCase();
  type Node = Omit<TreeLine, 'level' | 'position' | 'siblings'> & { below?: () => Node[] };

  const message = (id: string, label: string): Node => ({ id: `message ${id}`, kind: 'message', label });
  function within<T>(id: string, loaded: Loaded<readonly T[]> | undefined, none: string, node: (item: T) => Node): Node[] {
    if (loaded === undefined || loaded === 'loading') return [message(id, 'Loading…')];
    if (loaded instanceof Problem) return [message(id, loaded.message)];
    return loaded.length === 0 ? [message(id, none)] : loaded.map(node);
  }
  const column = (table: Table) => (found: TableColumn): Node => ({
    id: `column ${table.qualified} ${found.name}`,
    kind: 'column',
    label: found.name,
    note: [found.type, found.nullable ? '' : 'not null', found.key ?? ''].filter(Boolean).join(', '),
    reference: quotedName(found.name),
  });
  const tableNode = (table: Table): Node => ({
    id: tableId(table),
    kind: 'table',
    label: table.name,
    note: tableNote(table),
    open: open.has(tableId(table)),
    schema: table.schema,
    table,
    reference: table.reference,
    below: () => within(tableId(table), catalog.columns.get(table.qualified), 'No columns', column(table)),
  });
  const functionNode = (found: SqlFunction): Node => ({
    id: `function ${found.schema} ${found.name} ${found.arguments}`,
    kind: 'function',
    label: `${found.name}(${found.arguments})`,
    ...(found.result ? { note: found.result } : {}),
    reference: `${quotedName(found.schema)}.${quotedName(found.name)}()`,
  });
  const functions = (schema: string): Node => ({
    id: functionsId(schema),
    kind: 'group',
    label: 'Functions',
    open: open.has(functionsId(schema)),
    schema,
    below: () => {
      const loaded = catalog.functions;
      const mine = isList(loaded) ? loaded.filter((found) => found.schema === schema) : loaded;
      return within(functionsId(schema), mine, 'No functions', functionNode);
    },
  });
  const schemaNode = ({ name, tables }: Schema): Node => ({
    id: schemaId(name),
    kind: 'schema',
    label: name,
    note: tables === 1 ? '1 table' : `${tables} tables`,
    open: wanted !== '' || open.has(schemaId(name)),
    schema: name,
    reference: quotedName(name),
    below: () => {
      const loaded = catalog.tables.get(name);
      const fitting = isList(loaded) ? loaded.filter((table) => table.name.toLowerCase().includes(wanted)) : loaded;
      const found = within(schemaId(name), fitting, 'No tables', tableNode);
      return wanted === '' && !isSystem(name) ? [...found, functions(name)] : found;
    },
  });
  const fits = ({ name }: Schema): boolean => {
    const loaded = catalog.tables.get(name);
    return wanted === '' || (isList(loaded) && loaded.some((table) => table.name.toLowerCase().includes(wanted)));
  };

  const add = (nodes: readonly Node[], level: number): void => {
    nodes.forEach(({ below, ...node }, index) => {
      lines.push({ ...node, level, position: index + 1, siblings: nodes.length });
      if (node.open && below) add(below(), level + 1);
    });
  };
  const { schemas } = catalog;
  if (isList(schemas)) {
    const shown = schemas.filter(fits);
    add(shown.length > 0 ? shown.map(schemaNode) : [message('none', wanted ? 'No table has this in its name' : 'No schemas')], 1);
  } else if (schemas !== undefined) {
    add(within<Schema>('schemas', schemas, '', schemaNode), 1);
  }
  return lines;
}
