// What went wrong, in the words of the backend, and what to do about it in the words of the page.

export class Problem extends Error {
  constructor(
    message: string,
    readonly hint?: string,
    /** Lines below it, such as a place in a statement. */
    readonly detail?: string,
    /** The character of the statement where it went wrong, counted from 1. */
    readonly position?: number,
    /** The status of the answer, if there was one. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** What a plugin's page says where its backend does not, or says it to a command line. */
export interface Hints {
  /** The backend's hints for a command line, and the same ways in the page. */
  commands: readonly (readonly [command: RegExp, here: string])[];
  /** What to do where the answer itself does not say it, by its status. */
  statuses: Readonly<Record<number, string>>;
}

export function hintHere(hints: Hints, hint: string | undefined): string | undefined {
  if (hint === undefined) return undefined;
  return hints.commands.find(([command]) => command.test(hint))?.[1] ?? hint;
}

const LONGEST = 4000;
const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, LONGEST) : undefined);

/** The problem that a body tells: the backend's own, or what a proxy in front of it says. */
export function problemIn(hints: Hints, body: unknown, status: number): Problem | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message, detail, hint, position } = body as Record<string, unknown>;
  const text = textIn(error) ?? textIn(message);
  if (text === undefined) return undefined;
  const place = typeof position === 'number' && position > 0 ? position : undefined;
  const said = hintHere(hints, textIn(hint)) ?? (textIn(error) ? undefined : hints.statuses[status]);
  return new Problem(text, said, textIn(detail), place, status);
}

/** What an answer that is none says. */
export async function problemOf(hints: Hints, answer: Response): Promise<Problem> {
  const body: unknown = await answer.json().catch(() => undefined);
  const named = `${answer.status} ${answer.statusText}`.trim();
  const { status } = answer;
  return problemIn(hints, body, status) ?? new Problem(`The plugin answered ${named}.`, hints.statuses[status], undefined, undefined, status);
}

export function isAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TypeError) {
    return new Problem('The connection to OpenEverest was lost.', 'Check your network, and try again.');
  }
  return new Problem(thrown instanceof Error ? thrown.message : String(thrown));
}
