import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../../../ui/src/problem';
import { Poller } from './poller';

/** A page that can be hidden. */
class Page extends EventTarget {
  hidden = false;
  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

function polled(interval: number, answer: () => Promise<string> = () => Promise.resolve('x')) {
  const page = new Page();
  const counts = { asked: 0, flying: 0, most: 0 };
  const told: unknown[] = [];
  const ask = async (): Promise<string> => {
    counts.asked += 1;
    counts.flying += 1;
    counts.most = Math.max(counts.most, counts.flying);
    return answer().finally(() => (counts.flying -= 1));
  };
  const poller = new Poller(ask, interval, (outcome) => told.push(outcome), page as never);
  return { page, counts, told, poller };
}

const nothing = Promise.resolve();

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('it asks again and again, and a slow answer is waited for', async () => {
  const { poller, counts } = polled(1000, () => new Promise((done) => setTimeout(() => done('slow'), 5000)));
  void poller.start(nothing);
  await vi.advanceTimersByTimeAsync(0);
  poller.refresh();
  poller.refresh();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(counts).toEqual({ asked: 2, flying: 1, most: 1 });
  void poller.stop();
});

test('it asks nothing while nobody looks, and at once when somebody does again', async () => {
  const { poller, counts, page } = polled(1000);
  void poller.start(nothing);
  await vi.advanceTimersByTimeAsync(2500);
  expect(counts.asked).toBe(3);
  page.hide(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(counts.asked).toBe(3);
  page.hide(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(counts.asked).toBe(4);
  // What is new enough is not asked for again.
  page.hide(true);
  page.hide(false);
  await vi.advanceTimersByTimeAsync(999);
  expect(counts.asked).toBe(4);
  await vi.advanceTimersByTimeAsync(1);
  expect(counts.asked).toBe(5);
});

test('it asks less while it fails, and not again for what stays wrong', async () => {
  const failing = polled(1000, () => Promise.reject(new Problem('gone', undefined, undefined, undefined, 502)));
  void failing.poller.start(nothing);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(failing.counts.asked).toBe(4);
  const wrong = polled(1000, () => Promise.reject(new Problem('invalid PromQL', undefined, undefined, undefined, 400)));
  void wrong.poller.start(nothing);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(wrong.counts.asked).toBe(1);
  wrong.poller.refresh();
  await vi.advanceTimersByTimeAsync(0);
  expect(wrong.counts.asked).toBe(2);
});

test('the next one begins when this one has ended, and what is given up tells nothing', async () => {
  const first = polled(0, () => new Promise((done) => setTimeout(() => done('late'), 300)));
  void first.poller.start(nothing);
  await vi.advanceTimersByTimeAsync(0);
  const second = polled(0);
  void second.poller.start(first.poller.stop());
  await vi.advanceTimersByTimeAsync(299);
  expect(second.counts.asked).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect([first.told, second.told]).toEqual([[], [{ value: 'x' }]]);
});
