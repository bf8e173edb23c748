// What happens in the page, told to the terminal of the host as well: in bundles, bounded, and never in the way.
import type { Report } from '../contract/journal';
import { token } from './session';

/** The most in one request, and the most that wait. */
const MOST_AT_ONCE = 50;
const MOST_WAITING = 200;
const PAUSE = 150;

let waiting: Report[] = [];
let dropped = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export function report(entry: Report): void {
  if (waiting.length >= MOST_WAITING) dropped += 1;
  else waiting.push(entry);
  timer ??= setTimeout(() => void flush(), PAUSE);
}

async function flush(): Promise<void> {
  if (dropped > 0) waiting.push({ plugin: 'shell', level: 'warning', text: `${dropped} reports dropped` });
  dropped = 0;
  const now = waiting.slice(0, MOST_AT_ONCE);
  if (token() && now.length > 0) {
    waiting = waiting.slice(MOST_AT_ONCE);
    const headers = { 'content-type': 'application/json', Authorization: `Bearer ${token()}` };
    await fetch('/shell/reports', { method: 'POST', headers, body: JSON.stringify({ reports: now }) }).catch(() => {});
  }
  timer = waiting.length > 0 ? setTimeout(() => void flush(), token() ? PAUSE : 1000) : undefined;
}
