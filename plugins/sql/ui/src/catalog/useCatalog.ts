// What there is in a database, asked for as it is opened. Another target begins anew, and forgets what was on its way.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ColumnName, SqlClient, Table, Target } from '../answer/client';
import { asProblem, isAborted } from '../../../../ui/src/problem';
import { completionOf, type Completion } from './completion';
import { NOTHING, schemaId, type Catalog, type Loaded, type TreeLine } from './tree';

export interface LiveCatalog {
  catalog: Catalog;
  open: ReadonlySet<string>;
  completion: Completion;
  toggle: (line: TreeLine, isOpen: boolean) => void;
  reload: () => void;
}

const added = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> => new Map(map).set(key, value);

function bySchema(tables: readonly Table[]): Map<string, Table[]> {
  const found = new Map<string, Table[]>();
  for (const table of tables) {
    const known = found.get(table.schema);
    if (known) known.push(table);
    else found.set(table.schema, [table]);
  }
  return found;
}

export function useCatalog(client: SqlClient, target: Target | undefined): LiveCatalog {
  const [catalog, setCatalog] = useState<Catalog>(NOTHING);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [completion, setCompletion] = useState<Completion>({});
  const [round, setRound] = useState(0);
  const current = useRef(new AbortController());
  const place = target && `${target.namespace} ${target.instance} ${target.database ?? ''}`;

  useEffect(() => setOpen(new Set([schemaId('public')])), [place]);

  useEffect(() => {
    const controller = new AbortController();
    current.current = controller;
    const { signal } = controller;
    setCompletion({});
    setCatalog(target ? { ...NOTHING, schemas: 'loading' } : NOTHING);
    if (!target) return undefined;
    const load = async (): Promise<void> => {
      try {
        const [schemas, tables] = await Promise.all([client.schemas(target, signal), client.tables(target, undefined, signal)]);
        const found = bySchema(tables);
        const isAsked = ({ name, tables: count }: { name: string; tables: number }): boolean => count === 0 || found.has(name);
        const known = new Map(schemas.filter(isAsked).map(({ name }) => [name, found.get(name) ?? []]));
        if (signal.aborted) return;
        setCatalog((before) => ({ ...before, schemas, tables: known }));
        setCompletion(completionOf(tables, []));
        // Without the columns, there are fewer completions, and nothing else is missing.
        const columns = await client.columnNames(target, signal).catch((): ColumnName[] => []);
        if (!signal.aborted) setCompletion(completionOf(tables, columns));
      } catch (thrown) {
        if (!isAborted(thrown) && !signal.aborted) setCatalog({ ...NOTHING, schemas: asProblem(thrown) });
      }
    };
    void load();
    return () => controller.abort();
  }, [client, place, round]);

  const toggle = useCallback(
    (line: TreeLine, isOpen: boolean) => {
      setOpen((before) => {
        const after = new Set(before);
        if (isOpen) after.add(line.id);
        else after.delete(line.id);
        return after;
      });
      if (!isOpen || !target) return;
      const { signal } = current.current;
      const load = <T>(ask: () => Promise<T>, put: (before: Catalog, loaded: Loaded<T>) => Catalog): void => {
        setCatalog((before) => put(before, 'loading'));
        ask().then(
          (loaded) => signal.aborted || setCatalog((before) => put(before, loaded)),
          (thrown: unknown) => signal.aborted || setCatalog((before) => put(before, asProblem(thrown))),
        );
      };
      const { kind, schema, table } = line;
      const isMissing = (loaded: unknown): boolean => loaded === undefined || loaded instanceof Error;
      if (kind === 'schema' && schema !== undefined && isMissing(catalog.tables.get(schema))) {
        load(() => client.tables(target, schema, signal), (before, loaded) => ({ ...before, tables: added(before.tables, schema, loaded) }));
      } else if (kind === 'table' && table && isMissing(catalog.columns.get(table.qualified))) {
        const key = table.qualified;
        load(() => client.columns(target, table, signal), (before, loaded) => ({ ...before, columns: added(before.columns, key, loaded) }));
      } else if (kind === 'group' && isMissing(catalog.functions)) {
        load(() => client.functions(target, signal), (before, loaded) => ({ ...before, functions: loaded }));
      }
    },
    [catalog, client, place],
  );

  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { catalog, open, completion, toggle, reload };
}
