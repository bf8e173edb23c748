// What happened to each plugin: for the developer panel, and for the terminal of the host.

export type Level = 'info' | 'warning' | 'error';

export interface Entry {
  id: number;
  time: number;
  plugin: string;
  level: Level;
  text: string;
  /** How often the same thing happened in a row. */
  count: number;
}

export type Report = Pick<Entry, 'plugin' | 'level' | 'text'>;

/** The most that is kept, and the longest text. */
const MOST = 1000;
const LONGEST = 400;

/** A bounded list of what happened; a loop in a bundle neither fills the memory nor the terminal. */
export class Journal {
  private list: readonly Entry[] = [];
  private next = 1;
  private listeners = new Set<() => void>();

  constructor(private readonly forward: (report: Report) => void = () => {}) {}

  readonly entries = (): readonly Entry[] => this.list;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(plugin: string, level: Level, text: string): void {
    const cut = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    const last = this.list.at(-1);
    if (last && last.plugin === plugin && last.level === level && last.text === cut) {
      this.list = [...this.list.slice(0, -1), { ...last, time: Date.now(), count: last.count + 1 }];
    } else {
      const entry = { id: this.next, time: Date.now(), plugin, level, text: cut, count: 1 };
      this.next += 1;
      this.list = [...this.list.slice(-(MOST - 1)), entry];
      this.forward({ plugin, level, text: cut });
    }
    for (const listener of this.listeners) listener();
  }

  clear(): void {
    this.list = [];
    for (const listener of this.listeners) listener();
  }
}

/** Whatever was thrown, as one line. */
export function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message ? `${thrown.name}: ${thrown.message}` : thrown.name;
  try {
    return typeof thrown === 'string' ? thrown : String(JSON.stringify(thrown) ?? thrown);
  } catch {
    return 'a value that has no text';
  }
}

/** The plugin whose bundle an address or a stack names. */
export function pluginIn(text: string | undefined): string | undefined {
  return /\/v1\/(?:clusters\/[^/]+\/)?plugins\/([a-z0-9][a-z0-9.-]*)\//.exec(text ?? '')?.[1];
}
