// The rows of one run while they arrive: far too many for a state of React that is copied.
import type { Column, Row } from '../answer/rows';

export class ResultStore {
  columns: readonly Column[] = [];
  readonly rows: Row[] = [];
  private version = 0;
  private frame: number | undefined;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly seen = (): number => this.version;

  readonly setColumns = (columns: readonly Column[]): void => {
    this.columns = columns;
    this.changed();
  };

  readonly addRows = (rows: readonly Row[]): void => {
    for (const row of rows) this.rows.push(row);
    this.changed();
  };

  /** Whoever looks is told once for each picture of the screen. */
  private changed(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.version += 1;
      for (const listener of this.listeners) listener();
    });
  }
}
