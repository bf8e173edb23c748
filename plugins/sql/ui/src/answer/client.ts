// The plugin's backend, for one target. Everything that is asked of it is asked here.
import { Backend } from '../../../../ui/src/backend';
import type { PluginApi } from '../../../../ui/src/contract';
import { isAborted, Problem } from '../../../../ui/src/problem';
import { HINTS } from './problem';
import { AnswerReader, type Column, type Row, type Summary } from './rows';

/** Where statements run. */
export interface Target {
  instance: string;
  namespace: string;
  database?: string;
}

export interface Instance {
  name: string;
  namespace: string;
}
export interface Database {
  name: string;
  owner: string;
  size: number | null;
}
export interface Schema {
  name: string;
  tables: number;
}
export interface Table {
  schema: string;
  name: string;
  /** As a statement names it. */
  reference: string;
  qualified: string;
  kind: string;
  rows: number | null;
  size: number | null;
  comment: string | null;
}
export interface TableColumn {
  name: string;
  type: string;
  nullable: boolean;
  key: string | null;
  comment: string | null;
}
export interface SqlFunction {
  schema: string;
  name: string;
  arguments: string;
  result: string | null;
  kind: string;
}
export interface ColumnName {
  name: string;
  tables: string;
}

export interface StatementOptions {
  limit: number;
  timeout: string;
  write: boolean;
}

/** So much is shown of a result, in characters: more would be the memory of the browser's tab. */
const LARGEST = 128 * 1024 * 1024;

export interface Arrival {
  columns: (columns: Column[]) => void;
  rows: (rows: Row[]) => void;
}

export class SqlClient {
  private readonly backend: Backend;

  constructor(api: PluginApi) {
    this.backend = new Backend(api, HINTS);
  }

  instances(signal?: AbortSignal): Promise<Instance[]> {
    return this.backend.list('/api/instances', {}, signal);
  }
  databases(target: Target, signal?: AbortSignal): Promise<Database[]> {
    return this.backend.list('/api/databases', { ...target }, signal);
  }
  schemas(target: Target, signal?: AbortSignal): Promise<Schema[]> {
    return this.backend.list('/api/schemas', { ...target }, signal);
  }
  /** Those of one schema, or of all but the system's. */
  tables(target: Target, schema?: string, signal?: AbortSignal): Promise<Table[]> {
    return this.backend.list('/api/tables', { ...target, ...(schema === undefined ? {} : { schema }) }, signal);
  }
  functions(target: Target, signal?: AbortSignal): Promise<SqlFunction[]> {
    return this.backend.list('/api/functions', { ...target }, signal);
  }
  columnNames(target: Target, signal?: AbortSignal): Promise<ColumnName[]> {
    return this.backend.list('/api/columns', { ...target }, signal);
  }
  async columns(target: Target, table: Table, signal?: AbortSignal): Promise<TableColumn[]> {
    const answer = await this.backend.read<{ columns: TableColumn[] }>('/api/table', { ...target, table: table.qualified }, signal);
    return answer.columns;
  }

  async plan(target: Target, sql: string, analyze: boolean, timeout: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.backend.post('/api/explain', { sql, analyze, timeout, format: 'json', ...target }, signal);
    return answer.json();
  }

  /** Runs a statement. Giving up the request cancels it in the database. */
  async run(target: Target, sql: string, options: StatementOptions, arrival: Arrival, signal: AbortSignal): Promise<Summary> {
    const answer = await this.backend.post('/api/query', { sql, ...options, ...target }, signal);
    const reader = new AnswerReader(arrival.columns, arrival.rows);
    const pieces = (answer.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new TextDecoderStream()).getReader();
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await pieces.read();
        if (done) return reader.finish();
        length += value.length;
        if (length > LARGEST) {
          await pieces.cancel();
          throw new Problem('The result is larger than 128 MiB.', 'Select fewer columns or rows, or use `everestctl sql export`.');
        }
        reader.push(value);
      }
    } catch (thrown) {
      if (thrown instanceof Problem || isAborted(thrown)) throw thrown;
      throw new Problem('The result was broken off: the rows below are not all of it.', 'Run the statement again.');
    }
  }
}
