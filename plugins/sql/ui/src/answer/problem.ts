// What went wrong, in the words of the backend, and what to do about it in the words of this page.

export class Problem extends Error {
  constructor(
    message: string,
    readonly hint?: string,
    /** Lines below it: the line of the statement with a caret below the place, what the database adds. */
    readonly detail?: string,
    /** The character of the statement where it went wrong, counted from 1. */
    readonly position?: number,
  ) {
    super(message);
  }
}

/** The backend speaks to a command line; these are the same ways here. */
const HERE: [RegExp, string][] = [
  [/^use `sql query --write`/, 'Switch on “Allow changes” to run statements that change data.'],
  [/^use `sql run --write`/, 'It cannot run in a transaction: run it on the command line with `everestctl sql run --write`.'],
  [/^leave out `--analyze`/, 'Switch off “Measure”, which runs the statement and cannot change data.'],
  [/^use `--timeout`/, 'Choose a longer time limit, or narrow the statement.'],
  [/^use `sql databases`/, 'Choose another database.'],
  [/^use `sql instances`/, 'Choose another instance.'],
  [/^use --namespace/, 'Choose the instance with its namespace.'],
];

export function hintHere(hint: string | undefined): string | undefined {
  if (hint === undefined) return undefined;
  return HERE.find(([command]) => command.test(hint))?.[1] ?? hint;
}

/** What to do where the answer itself does not say it. */
function hintOf(status: number): string | undefined {
  if (status === 401) return 'Your session has expired: sign in again.';
  if (status === 403) return 'Ask an administrator for the permission `read-connection` on this instance.';
  if (status === 404) return 'Reload the list: it may have been removed.';
  if (status === 429 || status === 503) return 'Wait until other statements are done, and try again.';
  if (status === 502 || status === 504) return 'Look whether the instance and the plugin are running, and try again.';
  return undefined;
}

const LONGEST = 4000;
const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, LONGEST) : undefined);

/** The problem that a body tells: the backend's own, or what a proxy in front of it says. */
export function problemIn(body: unknown, status: number): Problem | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message, detail, hint, position } = body as Record<string, unknown>;
  const text = textIn(error) ?? textIn(message);
  if (text === undefined) return undefined;
  const place = typeof position === 'number' && position > 0 ? position : undefined;
  return new Problem(text, hintHere(textIn(hint)) ?? (textIn(error) ? undefined : hintOf(status)), textIn(detail), place);
}

/** What an answer that is none says. */
export async function problemOf(answer: Response): Promise<Problem> {
  const body: unknown = await answer.json().catch(() => undefined);
  const named = `${answer.status} ${answer.statusText}`.trim();
  return problemIn(body, answer.status) ?? new Problem(`The plugin answered ${named}.`, hintOf(answer.status));
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
