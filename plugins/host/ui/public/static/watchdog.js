// A thread of its own: it tells the host when the page does not answer any more, since a bundle that loops keeps the page from doing so.
const TICK = 500;
const PATIENCE = 4000;

let token = '';
let loading = '';
let shown = '';
let paused = false;
let told = 0;
let heard = Date.now();
let ticked = Date.now();

function report(level, text) {
  const plugin = loading || shown || 'shell';
  const body = JSON.stringify({ reports: [{ plugin, level, text }] });
  const headers = { 'content-type': 'application/json', Authorization: `Bearer ${token}` };
  fetch('/shell/reports', { method: 'POST', headers, body }).catch(() => {});
}

onmessage = ({ data }) => {
  const now = Date.now();
  if (told > 0) report('warning', `the page responds again, after ${Math.round((now - told + PATIENCE) / 1000)} s`);
  told = 0;
  heard = now;
  ({ token = token, loading = loading, shown = shown, paused = paused } = data);
};

// The page loads no bundle before.
postMessage('started');

setInterval(() => {
  const now = Date.now();
  // Then it was not the page that stood still, but the machine.
  if (now - ticked > 4 * TICK) heard = now;
  ticked = now;
  if (paused || told > 0 || !token || now - heard < PATIENCE) return;
  told = now;
  const last = loading ? `while ${loading} was loaded` : shown ? `the last to be shown was ${shown}` : 'no bundle was there';
  report('error', `the page has not responded for ${PATIENCE / 1000} s: something loops, ${last}`);
}, TICK);
