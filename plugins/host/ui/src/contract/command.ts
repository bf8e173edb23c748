// The command line that does what a bundle asked for: each request of a bundle can be one of a script.

/** A word as a POSIX shell reads it. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command for a request to a plugin; without the body where that is no text. */
export function asCommand(plugin: string, method: string, path: string, body: unknown): string {
  const words = ['everestctl', 'plugin', 'api', plugin, method, path];
  if (typeof body !== 'string' || body === '') return words.map(quoted).join(' ');
  return `printf %s ${quoted(body)} | ${[...words, '--input', '-'].map(quoted).join(' ')}`;
}
