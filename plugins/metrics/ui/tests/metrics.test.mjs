// The page of the metrics plugin in a real browser, through the web shell, in front of a real Prometheus.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signedIn, startBrowser } from '../../../host/ui/tests/host.mjs';
import { backendOf, examined, startPlugin } from '../../../ui/tests/plugin.mjs';
import { startPostgres } from '../../../ui/tests/postgres.mjs';
import { startPrometheus, until } from './prometheus.mjs';

const artifacts = fileURLToPath(new URL('../artifacts', import.meta.url));
/** There whenever the clock says so: it has gaps, and a past. */
const WITH_GAPS = '(vector(time() % 120) < 60) or (vector(time() % 240) > 230)';

let postgres, prometheus, plugin, browser;
before(async () => {
  mkdirSync(artifacts, { recursive: true });
  [postgres, browser] = await Promise.all([startPostgres(), startBrowser()]);
  postgres.psql('create database shop');
  prometheus = await startPrometheus(postgres);
  const mysql = '  - { name: carts, namespace: b, provider: provider-percona-xtradb, type: mysql, host: 127.0.0.1, port: 3306, username: u, password: p }\n';
  plugin = await startPlugin({
    name: 'metrics',
    program: backendOf('metrics'),
    instances: postgres.instance('shop', 'a') + postgres.instance('vault', 'b') + mysql,
    environment: { PROMETHEUS_URL: prometheus.url },
    more: ['--namespaces', 'a,b'],
  });
});
after(async () => {
  await plugin?.stop();
  await browser?.stop();
  await prometheus?.stop();
  await postgres?.stop();
});

const open = (path, mode) => signedIn(browser.context, plugin, path, mode);
/** All of it: the page around it scrolls within the window. */
const picture = async (page, name) => {
  const size = page.viewportSize();
  await page.setViewportSize({ width: size.width, height: 2200 });
  await page.screenshot({ path: join(artifacts, `${name}.png`) });
  await page.setViewportSize(size);
};
const panel = (page, name) => page.getByRole('region', { name, exact: true });
const clean = async ({ page, seen, violations }) => {
  assert.deepEqual(await violations(), []);
  assert.deepEqual(seen.errors, []);
  await page.close();
};
/** Answers what the plugin is asked as something else would. */
const answered = (page, path, status, body) =>
  page.route(`**/plugins/metrics${path}*`, (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }));

test('the page of all databases says what fires and which use most, and leads to one', async () => {
  const seen = await open('/databases');
  const { page } = seen;
  const widget = page.getByTestId('metrics-widget');
  await widget.getByText('ShopUp').waitFor();
  assert.deepEqual(await widget.getByRole('list', { name: 'Firing alerts' }).getByRole('listitem').count(), 2);
  // What a rule says is text.
  await widget.getByText('shop answers <b>loudly</b>').waitFor();
  await widget.getByText('1 pending').waitFor();
  const rows = widget.getByRole('table', { name: 'Databases by what they use' }).getByRole('row');
  assert.equal(await rows.count(), 4);
  const shop = widget.getByRole('row', { name: /shop/ });
  assert.match((await shop.getByRole('cell').allTextContents()).join(' '), /^[\d.]+ [\d.]+[KMGT]iB/);
  await picture(page, 'widget-light');
  await widget.getByRole('link', { name: 'shop' }).click();
  await panel(page, 'Connections').waitFor();
  assert.equal(await page.getByLabel('Database', { exact: true }).inputValue(), 'a/shop');
  await clean(seen);
});

test('a database has its dashboards as a tab', async () => {
  const seen = await open('/databases/a/shop/metrics');
  const { page } = seen;
  const connections = panel(page, 'Connections');
  const series = connections.getByRole('row', { name: /shop-0 active/ });
  await series.waitFor();
  assert.deepEqual(await page.getByLabel('Dashboard', { exact: true }).locator('option').allTextContents(), ['PostgreSQL']);
  // The same panels in the same order as on the command line.
  const told = JSON.parse(plugin.everestctl('everestctl metrics dashboard postgresql -i shop -n a -o json'));
  const titles = await page.getByTestId('metrics-panels').locator('section').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  assert.deepEqual(titles, told.panels.map(({ title }) => title));
  // Each series is told apart without its colour.
  const lines = await connections.locator('tbody svg line').evaluateAll((all) => all.map((one) => one.getAttribute('stroke-dasharray')));
  assert.ok(lines.length > 1 && new Set(lines).size === lines.length, lines.join());
  // A name hides its line.
  const line = connections.locator('[data-series="shop-0 active"]');
  await line.waitFor({ state: 'attached' });
  await series.getByRole('button').click();
  await line.waitFor({ state: 'detached' });
  await series.getByRole('button', { pressed: false }).click();
  await line.waitFor({ state: 'attached' });
  // The keyboard has the values of each moment.
  const slider = connections.getByRole('slider', { name: 'Moment in Connections' });
  await slider.focus();
  const last = Number(await slider.getAttribute('aria-valuenow'));
  await page.keyboard.press('ArrowLeft');
  assert.equal(Number(await slider.getAttribute('aria-valuenow')), last - 1);
  assert.match(await slider.getAttribute('aria-valuetext'), /^\d\d:\d\d.*: .*shop-0 active (\d+|no value)/);
  await page.keyboard.press('Home');
  assert.equal(await slider.getAttribute('aria-valuenow'), '0');
  // Values, bars, numbers.
  await panel(page, 'Up').getByText('a shop-0').waitFor();
  await panel(page, 'Size').getByRole('row', { name: /shop-0 postgres .*MiB/ }).waitFor();
  await picture(page, 'tab-light');
  await clean(seen);
});

test('what has no dashboard or no metrics says what to do', async () => {
  const seen = await open('/databases/b/carts/metrics');
  const { page } = seen;
  await page.getByText('There is no dashboard of a database of provider-percona-xtradb.').waitFor();
  await page.goto(`${plugin.url}/databases/b/vault/metrics`);
  await page.getByText('There are no metrics of vault in this range.').waitFor();
  await picture(page, 'empty-light');
  await clean(seen);
});

test('expressions are lines with gaps, and what is wrong with one is said', async () => {
  const seen = await open('/plugins/metrics');
  const { page } = seen;
  await page.getByRole('table', { name: 'Databases by what they use' }).waitFor();
  await page.getByRole('tab', { name: 'Query' }).click();
  const field = page.getByLabel('PromQL');
  await page.locator('datalist option[value=pg_up]').waitFor({ state: 'attached' });
  const ask = async (expression) => {
    await field.fill(expression);
    await page.keyboard.press('Enter');
  };
  await ask(WITH_GAPS);
  const drawn = page.locator('[data-series]');
  await drawn.first().waitFor({ state: 'attached' });
  await page.getByLabel('Range').selectOption('15m');
  await until('a line with gaps', async () => (await drawn.locator('path').count()) >= 7);
  await picture(page, 'gaps-light');
  await ask('up{');
  await page.getByTestId('plugin-problem').getByText('invalid PromQL').waitFor();
  // The address says what is shown.
  await page.goBack();
  await drawn.first().waitFor({ state: 'attached' });
  assert.equal(await field.inputValue(), WITH_GAPS);
  await page.reload();
  assert.equal(await field.inputValue(), WITH_GAPS);
  await drawn.first().waitFor({ state: 'attached' });
  await ask('process_resident_memory_bytes');
  await page.locator('[data-series*="job=postgres"]').waitFor({ state: 'attached' });
  await ask('absent_metric');
  await page.getByText('No values in this range.').waitFor();
  await page.getByRole('tab', { name: 'Dashboards' }).click();
  await page.getByLabel('Dashboard', { exact: true }).selectOption('prometheus');
  await panel(page, 'Duration').getByRole('row', { name: /b prometheus vault-0/ }).waitFor();
  assert.match(page.url(), /\/plugins\/metrics\/dashboards\/prometheus$/);
  await page.getByLabel('Database', { exact: true }).selectOption('a/shop');
  // The dashboard of all has no panel of one database.
  await panel(page, 'Connections').waitFor();
  assert.match(page.url(), /\/dashboards\/prometheus\/a\/shop$/);
  assert.deepEqual(seen.seen.errors.filter((line) => !line.includes('400')), []);
  await page.close();
});

test('it asks anew while somebody looks, and one thing at a time', async (context) => {
  // Its clock is that of the test.
  const own = await startBrowser();
  context.after(own.stop);
  const { page } = await signedIn(own.context, plugin, '/plugins/metrics/query');
  await page.clock.install();
  const counts = { asked: 0, flying: 0, most: 0 };
  let gate = Promise.resolve();
  await page.route('**/plugins/metrics/api/query*', async (route) => {
    counts.asked += 1;
    counts.flying += 1;
    counts.most = Math.max(counts.most, counts.flying);
    await gate;
    counts.flying -= 1;
    await route.continue().catch(() => {});
  });
  await page.goto(`${plugin.url}/plugins/metrics/query?expr=up`);
  await page.locator('[data-series]').first().waitFor({ state: 'attached' });
  assert.equal(counts.asked, 1);
  /** Lets time pass until so much has been asked. */
  const asks = (number) =>
    until(`${number} requests`, async () => {
      await page.clock.runFor(2000);
      return counts.asked === number;
    });
  const hide = (hidden) =>
    page.evaluate((to) => {
      Object.defineProperty(document, 'hidden', { value: to, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await asks(2);
  await hide(true);
  await page.clock.runFor(300_000);
  assert.equal(counts.asked, 2);
  await hide(false);
  await asks(3);
  // A slow answer is waited for.
  let open;
  gate = new Promise((done) => (open = done));
  await asks(4);
  await page.clock.runFor(120_000);
  await page.getByRole('button', { name: 'Refresh now' }).click();
  assert.deepEqual([counts.asked, counts.most], [4, 1]);
  open();
  await page.getByLabel('Refresh', { exact: true }).selectOption('0');
  await asks(5);
  await page.clock.runFor(600_000);
  assert.equal(counts.asked, 5);
});

test('who may not, and what is gone, is said with what to do', async () => {
  const seen = await open('/databases');
  const { page } = seen;
  // As the backend answers who may see no namespace, and as the host answers for a plugin that is gone.
  const denied = { error: 'there is no namespace that you may see', hint: 'ask for the grant `namespaces, read, CLUSTER/NAMESPACE`' };
  await answered(page, '/api/', 403, denied);
  await page.reload();
  const widget = page.getByTestId('metrics-widget');
  await widget.getByText('Ask an administrator for the grant').waitFor();
  assert.equal(await widget.getByTestId('plugin-problem').count(), 1);
  await page.unrouteAll();
  await answered(page, '/api/', 502, { message: 'plugin backend unavailable' });
  await page.goto(`${plugin.url}/databases/a/shop/metrics`);
  const problem = page.getByTestId('plugin-problem');
  await problem.getByText('plugin backend unavailable').waitFor();
  await problem.getByText('Look whether the plugin and Prometheus are running').waitFor();
  await picture(page, 'gone-light');
  await page.unrouteAll();
  await problem.getByRole('button', { name: 'Try again' }).click();
  await panel(page, 'Connections').getByRole('slider').waitFor();
  // What is shown stays while something newer cannot be had.
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await problem.getByText('The connection to OpenEverest was lost.').waitFor();
  await panel(page, 'Connections').getByRole('slider').waitFor();
  await page.context().setOffline(false);
  await problem.getByRole('button', { name: 'Try again' }).click();
  await problem.waitFor({ state: 'detached' });
  await page.close();
});

test('it can be used with the keyboard and a screen reader, light and dark, wide and narrow', async () => {
  for (const mode of ['light', 'dark']) {
    const { page, isAccessible, isNarrow } = await examined(browser.context, plugin, '/databases', mode);
    await page.getByTestId('metrics-widget').getByText('ShopUp').waitFor();
    await isAccessible('widget');
    await picture(page, `widget-${mode}-axe`);
    await page.goto(`${plugin.url}/plugins/metrics`);
    await page.getByRole('table', { name: 'Databases by what they use' }).waitFor();
    await isAccessible('overview');
    await picture(page, `overview-${mode}`);
    await page.goto(`${plugin.url}/databases/a/shop/metrics`);
    const slider = panel(page, 'Connections').getByRole('slider');
    await slider.waitFor();
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await isAccessible('tab');
    await picture(page, `tab-${mode}-axe`);
    await page.goto(`${plugin.url}/plugins/metrics/query?${new URLSearchParams({ expr: 'process_resident_memory_bytes' })}`);
    await page.locator('[data-series]').first().waitFor({ state: 'attached' });
    await isAccessible('query');
    await picture(page, `query-${mode}`);
    await isNarrow();
    await picture(page, `query-narrow-${mode}`);
    await page.goto(`${plugin.url}/databases/a/shop/metrics`);
    await slider.waitFor();
    await isNarrow();
    await picture(page, `tab-narrow-${mode}`);
    await page.close();
  }
});

test('a Prometheus that is gone is said, and so is that it is back', async () => {
  const seen = await open('/plugins/metrics/dashboards/postgresql/a/shop');
  const { page } = seen;
  await panel(page, 'Connections').getByRole('slider').waitFor();
  await prometheus.stop();
  await page.getByRole('button', { name: 'Refresh now' }).click();
  const problem = page.getByTestId('plugin-problem');
  await problem.getByText('Prometheus is not reachable').waitFor();
  await problem.getByText('Look whether Prometheus is running').waitFor();
  await picture(page, 'prometheus-gone');
  await page.close();
});
