// Asking again and again: one request at a time, none while nobody looks, and fewer while they fail.
import { asProblem, isAborted, type Problem } from '../../../../ui/src/problem';

export type Outcome<T> = { value: T } | { problem: Problem };

/** What tells whether anybody looks. */
export type Visibility = Pick<Document, 'hidden' | 'addEventListener' | 'removeEventListener'>;

/** After so many failures in a row the distance does not grow any more. */
const MOST_DOUBLINGS = 4;
/** What another request alone does not change. */
const FINAL = [400, 401, 403, 404, 422];

export class Poller<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: { controller: AbortController; ended: Promise<void> } | undefined;
  private failures = 0;
  private isFinal = false;
  private isStopped = false;
  private due = 0;

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    /** The distance of two requests in milliseconds; 0 asks once. */
    private readonly interval: number,
    private readonly report: (outcome: Outcome<T>) => void,
    private readonly page: Visibility = document,
  ) {}

  /** Begins when `after` has ended: a poller before this one may still have a request. */
  async start(after: Promise<void>): Promise<void> {
    await after;
    if (this.isStopped) return;
    this.page.addEventListener('visibilitychange', this.look);
    this.look();
  }

  /** Asks now; what runs already is as new. */
  refresh(): void {
    if (this.running || this.isStopped) return;
    clearTimeout(this.timer);
    const controller = new AbortController();
    this.running = { controller, ended: this.once(controller.signal) };
  }

  /** Ends, and gives when its last request has. */
  stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.page.removeEventListener('visibilitychange', this.look);
    this.running?.controller.abort();
    return this.running?.ended ?? Promise.resolve();
  }

  private async once(signal: AbortSignal): Promise<void> {
    try {
      const value = await this.ask(signal);
      this.failures = 0;
      this.isFinal = false;
      if (!this.isStopped) this.report({ value });
    } catch (thrown) {
      const problem = asProblem(thrown);
      this.failures += 1;
      this.isFinal = FINAL.includes(problem.status ?? 0);
      if (!this.isStopped && !isAborted(thrown)) this.report({ problem });
    }
    this.running = undefined;
    const doublings = Math.min(this.failures, MOST_DOUBLINGS);
    this.due = this.interval > 0 && !this.isFinal ? Date.now() + this.interval * 2 ** doublings : Number.POSITIVE_INFINITY;
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (this.isStopped || this.page.hidden || this.running || this.due === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(() => this.refresh(), Math.max(0, this.due - Date.now()));
  }

  private readonly look = (): void => {
    if (!this.page.hidden && this.due <= Date.now()) this.refresh();
    else this.wait();
  };
}
