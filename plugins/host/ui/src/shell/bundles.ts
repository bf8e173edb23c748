// Getting a bundle: its bytes, to measure and to hash them, and its module, which is what was hashed.

export async function download(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url, { cache: 'no-cache' });
  if (!answer.ok) {
    const why = (await answer.text().catch(() => '')).slice(0, 200);
    throw new Error(`GET ${url}: ${answer.status} ${why || answer.statusText}`.trim());
  }
  const media = answer.headers.get('content-type') ?? 'nothing';
  if (!/^(text|application)\/(javascript|ecmascript|x-javascript)\b/i.test(media)) {
    throw new Error(`GET ${url}: browsers do not run modules of type ${media}; serve the bundle as text/javascript`);
  }
  return answer.arrayBuffer();
}

// A page with many plugins loads more than browsers remember by themselves.
performance.setResourceTimingBufferSize?.(2000);

/** The size of what the browser got last from `url`. */
export function sizeOf(url: string): number | undefined {
  const entries = performance.getEntriesByName(new URL(url, location.href).href, 'resource');
  const last = entries.at(-1) as PerformanceResourceTiming | undefined;
  return last?.decodedBodySize;
}

/** Lets the browser put the module at `url` into its map of modules, if it has this hash. */
function preload(url: string, integrity: string): Promise<void> {
  return new Promise((done, failed) => {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = url;
    link.integrity = integrity;
    link.onload = () => done();
    link.onerror = () => failed(new Error('bundleIntegrity does not match the bundle that the browser loaded'));
    document.head.append(link);
  });
}

export async function importBundle(url: string, integrity: string | undefined): Promise<unknown> {
  if (integrity) await preload(url, integrity);
  return (await import(/* @vite-ignore */ url)) as unknown;
}
