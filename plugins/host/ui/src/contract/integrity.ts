// Whether a bundle is what its manifest says: hashes as in the `integrity` of a script.

const ALGORITHMS = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
type Algorithm = keyof typeof ALGORITHMS;

/** The strongest hashes that `text` lists, as a browser takes them. */
export function wantedHashes(text: string): { algorithm: Algorithm; hashes: string[] } | undefined {
  const strongestFirst: Algorithm[] = ['sha512', 'sha384', 'sha256'];
  const words = text.trim().split(/\s+/);
  for (const algorithm of strongestFirst) {
    const hashes = words
      .filter((word) => word.startsWith(`${algorithm}-`))
      .map((word) => word.slice(algorithm.length + 1).split('?')[0] ?? '');
    if (hashes.length > 0) return { algorithm, hashes };
  }
  return undefined;
}

/** `undefined` if `bytes` are what `integrity` says, else what is wrong. */
export async function integrityFault(bytes: ArrayBuffer, integrity: string): Promise<string | undefined> {
  const wanted = wantedHashes(integrity);
  if (!wanted) return `bundleIntegrity is "${integrity}", not a hash such as sha384-…`;
  const digest = new Uint8Array(await crypto.subtle.digest(ALGORITHMS[wanted.algorithm], bytes));
  const found = btoa(String.fromCharCode(...digest));
  if (wanted.hashes.includes(found)) return undefined;
  return `bundleIntegrity does not match: the bundle is ${wanted.algorithm}-${found}`;
}
