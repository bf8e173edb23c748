// What a bundle that loops leaves behind: a line on the terminal, from a thread of its own, and a mark, so that the page can be loaded
// again.

const MARK = 'everestShellLoading';
const BEAT = 500;

let worker: Worker | undefined;

/** Begins to tell the thread that the page is alive. */
export function watchPage(token: () => string): void {
  worker = new Worker('/static/watchdog.js');
  const beat = (): void => worker?.postMessage({ token: token(), paused: document.visibilityState === 'hidden' });
  setInterval(beat, BEAT);
  document.addEventListener('visibilitychange', beat);
  // Whoever leaves a page that still answers leaves no mark.
  window.addEventListener('pagehide', () => localStorage.removeItem(MARK));
}

/** Says whose extension is about to be shown: it may never come back. */
export function aboutToShow(plugin: string): void {
  worker?.postMessage({ shown: plugin });
}

/** Guards the loading of bundles: one that did not come back last time is left out once. */
export class LoadGuard {
  private readonly hung = localStorage.getItem(MARK);

  constructor() {
    localStorage.removeItem(MARK);
  }

  readonly didHang = (plugin: string): boolean => this.hung === plugin;

  readonly begin = (plugin: string): void => {
    localStorage.setItem(MARK, plugin);
    worker?.postMessage({ loading: plugin });
  };

  readonly end = (): void => {
    localStorage.removeItem(MARK);
    worker?.postMessage({ loading: '' });
  };
}
