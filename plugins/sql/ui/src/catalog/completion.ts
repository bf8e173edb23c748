// What the editor completes: schemas, tables and columns, by their plain names; pure.
import type { ColumnName, Table } from '../answer/client';

/** Schema, table, columns: as `@codemirror/lang-sql` wants them. */
export type Completion = Record<string, Record<string, string[]>>;

/** More tables than that are not completed: the list would be of no use. */
const MOST = 20_000;

/** A dot in a name is none between names. */
const escaped = (name: string): string => name.replaceAll('.', '\\.');
const plain = (reference: string): string => (reference.startsWith('"') ? reference.slice(1, -1).replaceAll('""', '"') : reference);

export function completionOf(tables: readonly Table[], columns: readonly ColumnName[]): Completion {
  const byTable = new Map<string, string[]>();
  for (const column of columns) {
    for (const table of column.tables.split(', ')) {
      const known = byTable.get(table);
      if (known) known.push(plain(column.name));
      else byTable.set(table, [plain(column.name)]);
    }
  }
  const found: Completion = Object.create(null) as Completion;
  for (const { schema, name } of tables.slice(0, MOST)) {
    const within = (found[escaped(schema)] ??= Object.create(null) as Record<string, string[]>);
    within[escaped(name)] = byTable.get(name) ?? [];
  }
  return found;
}
