// What a bundle that loops leaves behind: a line on the terminal, from a thread of its own, and a mark, so that the page can be loaded
// again.

const MARK = 'everestShellLoading';
const BEAT = 500;
/** How long the thread may take to start, in milliseconds. */
const START = 3000;

let worker: Worker | undefined;

/** Begins to tell the thread that the page is alive. Resolves when the thread runs, or is not coming: a bundle that is loaded before
 * could keep it from starting. */
export function watchPage(token: () => string): Promise<void> {
  const thread = new Worker('/static/watchdog.js');
  worker = thread;
  const started = new Promise<void>((done) => {
    thread.addEventListener('message', () => done(), { once: true });
    thread.addEventListener('error', () => done(), { once: true });
    setTimeout(done, START);
  });
  const beat = (): void => worker?.postMessage({ token: token(), paused: document.visibilityState === 'hidden' });
  setInterval(beat, BEAT);
  document.addEventListener('visibilitychange', beat);
  // Whoever leaves a page that still answers leaves no mark.
  window.addEventListener('pagehide', () => localStorage.removeItem(MARK));
  return started;
}

/** Says whose extension is about to be shown: it may never come back. */
export function aboutToShow(plugin: string): void {
  worker?.postMessage({ shown: plugin });
}

/** Guards the loading of bundles: one that did not come back last time is left out once. */
export class LoadGuard {
  private readonly hung = localStorage.getItem(MARK);

  constructor(private readonly token: () => string) {
    localStorage.removeItem(MARK);
  }

  readonly didHang = (plugin: string): boolean => this.hung === plugin;

  readonly begin = (plugin: string): void => {
    localStorage.setItem(MARK, plugin);
    worker?.postMessage({ token: this.token(), loading: plugin });
  };

  readonly end = (): void => {
    localStorage.removeItem(MARK);
    worker?.postMessage({ loading: '' });
  };
}
