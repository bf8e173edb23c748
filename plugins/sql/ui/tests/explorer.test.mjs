// The explorer in a real browser, through the web shell, against a real PostgreSQL.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signedIn, startBrowser } from '../../../host/ui/tests/host.mjs';
import { backendOf, examined, startPlugin } from '../../../ui/tests/plugin.mjs';
import { startPostgres } from '../../../ui/tests/postgres.mjs';

const artifacts = fileURLToPath(new URL('../artifacts', import.meta.url));

const SCHEMA = `
create table customers (id int primary key, name text not null, "E-mail" text);
create table orders (id bigint primary key, customer int not null references customers, total numeric(12, 2), paid boolean, note text);
insert into customers select i, 'customer ' || i, 'c' || i || '@example.com' from generate_series(1, 50) i;
insert into orders select 9007199254740000 + i, 1 + i % 50, i * 1.5, i % 3 = 0, '<img src=x onerror="window.injected = 1">' from generate_series(1, 1000) i;
insert into orders values (1, 1, null, null, E'two\\nlines'), (2, 1, null, null, 'NULL');
create schema sales;
create view sales.open_orders as select * from orders where not paid;
create function sales.tax(amount numeric) returns numeric language sql as 'select amount * 0.2';
analyze;
`;

let postgres, explorer, browser;
before(async () => {
  mkdirSync(artifacts, { recursive: true });
  [postgres, browser] = await Promise.all([startPostgres(), startBrowser()]);
  postgres.psql('create database shop');
  postgres.psql(SCHEMA, 'shop');
  const mysql = '  - { name: carts, namespace: prod, provider: provider-percona-xtradb, type: mysql, host: 127.0.0.1, port: 3306, username: u, password: p }\n';
  explorer = await startPlugin({ name: 'sql', program: backendOf('sql'), instances: postgres.instance('orders-db', 'prod') + mysql });
});
after(async () => {
  await explorer?.stop();
  await browser?.stop();
  await postgres?.stop();
});

/** The parts of the page that tests use, under the names that a screen reader says. */
function partsOf(page) {
  const grid = page.getByRole('grid', { name: 'Rows' });
  const status = page.getByTestId('sql-status');
  const editor = page.getByRole('textbox', { name: 'SQL' });
  const button = (name) => page.getByRole('button', { name, exact: true });
  const type = async (sql) => {
    await editor.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(sql);
  };
  const run = async (sql, expected) => {
    await type(sql);
    await page.keyboard.press('Control+Enter');
    await status.filter({ hasText: expected }).waitFor();
  };
  const cells = (row) => grid.locator(`[aria-rowindex="${row + 1}"] [role=gridcell]`).allTextContents();
  return { grid, status, editor, button, type, run, cells, tree: page.getByRole('tree'), item: (name) => page.getByRole('treeitem', { name }) };
}

const running = () => postgres.psql("select count(*) from pg_stat_activity where application_name = 'plugin-sql' and state = 'active'");
const picture = (page, name) => page.screenshot({ path: join(artifacts, `${name}.png`) });

test('what there is is a tree, and a table shows its rows', async () => {
  const { page, seen, violations } = await signedIn(browser.context, explorer, '/databases');
  await page.getByRole('link', { name: 'SQL explorer', exact: true }).click();
  const { item, cells, status, button, tree, grid } = partsOf(page);
  await item(/^▾?\s*public/).waitFor();
  // With the keyboard alone.
  await item(/orders/).first().waitFor();
  await tree.getByRole('treeitem').first().focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await item(/sales/).and(page.locator('[aria-expanded=true]')).waitFor();
  await item(/open_orders/).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await item(/tax\(amount numeric\)/).waitFor();
  await page.getByLabel('Find a table').fill('custom');
  await page.getByRole('treeitem', { name: /customers/ }).click();
  await item(/E-mail/).waitFor();
  assert.equal(await item(/orders/).count(), 0);
  await button('Show rows').click();
  await status.filter({ hasText: '(50 rows)' }).waitFor();
  assert.deepEqual(await cells(1), ['1', 'customer 1', 'c1@example.com']);
  assert.equal(await grid.getAttribute('aria-rowcount'), '51');
  await page.getByLabel('Find a table').fill('');
  await picture(page, 'route-light');
  assert.deepEqual(await violations(), []);
  assert.deepEqual(seen.errors, []);
  await page.close();
});

test('values are exact, are never a part of the page, and can be seen whole', async () => {
  const { page, seen, violations } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { run, cells, grid } = partsOf(page);
  await run('select 1;\nselect id, total, paid, note from orders order by id', /1000 rows/);
  assert.deepEqual(await cells(1), ['1', 'NULL', 'NULL', 'two␊lines']);
  assert.deepEqual(await cells(3), ['9007199254740001', '1.50', 'false', '<img src=x onerror="window.injected = 1">']);
  assert.equal(await grid.locator('.null').first().textContent(), 'NULL');
  await page.getByText('There are more rows.').waitFor();
  await grid.focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'End', 'Enter']) await page.keyboard.press(key);
  const dialog = page.getByRole('dialog', { name: 'note, row 3' });
  await dialog.getByText('<img src=x').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => window.injected), undefined);
  assert.deepEqual(await violations(), []);
  assert.deepEqual(seen.errors, []);
  await page.close();
});

test('100,000 rows arrive in pieces, and only those that can be seen are in the page', async () => {
  const { page, violations } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { run, cells, grid } = partsOf(page);
  await page.getByLabel('Rows, at most').selectOption('100000');
  const columns = Array.from({ length: 12 }, (_, index) => `n * ${index} as column_${index}`).join(', ');
  await run(`select ${columns} from generate_series(1, 100000) n`, '(100000 rows)');
  assert.equal(await grid.getAttribute('aria-rowcount'), '100001');
  await grid.focus();
  await page.keyboard.press('Control+End');
  await grid.locator('[aria-rowindex="100001"]').waitFor();
  await page.waitForFunction(() => document.querySelector('[role=grid] [aria-rowindex="100001"] [aria-colindex="13"]')?.textContent === '1100000');
  const count = await grid.locator('[role=gridcell]').count();
  assert.ok(count < 2000, `${count} cells are in the page`);
  await page.keyboard.press('PageUp');
  await page.keyboard.press('Control+Home');
  await page.waitForFunction(() => document.querySelector('[role=grid] [aria-rowindex="2"] [aria-colindex="2"]')?.textContent === '0');
  await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  await page.waitForFunction(() => document.querySelector('[role=grid] [aria-rowindex="50001"]'));
  assert.equal((await cells(50_000))[1], '50000');
  await picture(page, 'rows-100000');
  assert.deepEqual(await violations(), []);
  await page.close();
});

test('what fails says where and what to do, what is cancelled ends in the database', async () => {
  const { page, violations } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { run, button, status, type } = partsOf(page);
  const problem = page.getByTestId('plugin-problem');
  await run("select 'x';\nselect totl from orders", 'Failed');
  await problem.getByText('column "totl" does not exist').waitFor();
  await problem.getByText('Perhaps you meant to reference the column "orders.total".').waitFor();
  await page.locator('.cm-wrong', { hasText: 'totl' }).waitFor();
  await picture(page, 'problem-light');
  await run('delete from orders where id = 1', 'Failed');
  await problem.getByText('Switch on “Allow changes”').waitFor();

  await type('select pg_sleep(600)');
  await page.keyboard.press('Control+Enter');
  await status.filter({ hasText: 'Running' }).waitFor();
  for (const end = Date.now() + 10_000; running() !== '1'; ) assert.ok(Date.now() < end, 'it does not run');
  await button('Cancel').click();
  await status.filter({ hasText: 'Cancelled' }).waitFor();
  for (const end = Date.now() + 10_000; running() !== '0'; ) assert.ok(Date.now() < end, 'it still runs');

  // A statement that changes something is asked about, and is not run again by another way of looking.
  await page.getByLabel('Allow changes').check();
  await type('delete from orders where id = 1');
  await button('Run with changes').click();
  await page.getByRole('button', { name: 'Do not run' }).click();
  assert.equal(postgres.psql('select count(*) from orders where id = 1', 'shop'), '1');
  await button('Run with changes').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('DELETE 1').first().waitFor();
  assert.equal(postgres.psql('select count(*) from orders where id = 1', 'shop'), '0');
  assert.deepEqual(await violations(), []);
  await page.close();
});

test('each request is a command that does the same', async () => {
  const { page } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { run, item } = partsOf(page);
  await item(/orders/).first().waitFor();
  await run("select 'it''s' as word", '(1 row)');
  await page.getByRole('button', { name: /^Plugins \d+/ }).click();
  await page.getByRole('tab', { name: /^Requests/ }).click();
  const expected = `everestctl sql query 'select '\\''it'\\'''\\''s'\\'' as word' --limit 1000 --instance orders-db --namespace prod --database shop`;
  await page.getByText(expected, { exact: true }).waitFor();
  await page.getByText('everestctl sql tables --instance orders-db --namespace prod --database shop', { exact: true }).waitFor();
  assert.equal(explorer.everestctl(expected), "word\nit's\n");
  await page.close();
});

test('a plan is a tree, and a statement comes back from the history', async () => {
  const { page, seen, violations } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { button, type, run, status, editor } = partsOf(page);
  const join = 'select c.name, sum(o.total) from orders o join customers c on c.id = o.customer group by c.name order by 2 desc';
  await type(join);
  await button('Explain').click();
  const plan = page.getByRole('treegrid', { name: 'Plan' });
  await plan.getByText('Seq Scan orders as o').waitFor();
  await page.getByText('Estimated: the statement was not run.').waitFor();
  await page.getByLabel('Measure').check();
  await button('Explain').click();
  await page.getByText(/Measured: planning/).waitFor();
  const rows = plan.locator('tbody tr');
  const all = await rows.count();
  assert.ok(all >= 5, `${all} steps`);
  await picture(page, 'plan-light');
  await rows.first().focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await rows.count(), 1);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-level')), '2');

  await run('select 42 as answer', '(1 row)');
  await run("alter role admin password 'secret'", 'Failed');
  await page.getByRole('tab', { name: 'History' }).click();
  const kept = page.getByTestId('sql-history');
  await kept.getByText('select 42 as answer').waitFor();
  assert.equal(await kept.getByText('secret').count(), 0);
  await picture(page, 'history-light');
  await page.reload();
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('button', { name: 'Use select 42 as answer' }).click();
  assert.equal(await editor.textContent(), 'select 42 as answer');
  await page.keyboard.press('Control+Enter');
  await status.filter({ hasText: '(1 row)' }).waitFor();
  assert.deepEqual(await violations(), []);
  assert.deepEqual(seen.errors.filter((line) => !line.includes('403')), []);
  await page.close();
});

test('the editor completes what there is', async () => {
  const { page, violations } = await signedIn(browser.context, explorer, '/plugins/sql/prod/orders-db/shop');
  const { editor, item } = partsOf(page);
  await item(/orders/).first().waitFor();
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('select * from custom', { delay: 20 });
  await page.getByRole('option', { name: /^customers/ }).waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('select * from customers c where c.', { delay: 20 });
  await page.getByRole('option', { name: /E-mail/ }).waitFor();
  await picture(page, 'completion-light');
  await page.keyboard.press('Control+a');
  await page.keyboard.type("(");
  assert.match(await editor.textContent(), /^\(select .*\)$/);
  assert.deepEqual(await violations(), []);
  await page.close();
});

test('a PostgreSQL has it as a tab, in the dark too, and no other database has', async () => {
  const { page, violations } = await signedIn(browser.context, explorer, '/databases/prod/carts/overview');
  await page.getByRole('tab', { name: 'Overview' }).waitFor();
  await page.getByRole('link', { name: 'SQL explorer', exact: true }).waitFor();
  assert.equal(await page.getByRole('tab', { name: 'SQL', exact: true }).count(), 0);
  await page.goto(`${explorer.url}/databases/prod/orders-db/sql`);
  const { run, item } = partsOf(page);
  await item(/orders/).first().waitFor();
  await page.getByRole('button', { name: 'Dark mode' }).click();
  await run("select id, total, paid, note from orders where total > 3 -- and so on\nlimit 20", '(20 rows)');
  const color = await page.locator('.cm-content').evaluate((element) => getComputedStyle(element).color);
  assert.equal(color, 'rgb(240, 241, 244)');
  await picture(page, 'tab-dark');
  await page.getByRole('tab', { name: 'History' }).click();
  await picture(page, 'history-dark');
  await page.getByRole('button', { name: 'Light mode' }).click();
  assert.deepEqual(await violations(), []);
  await page.close();
});

test('it can be used with the keyboard and a screen reader, light and dark, wide and narrow', async () => {
  for (const mode of ['light', 'dark']) {
    const { page, isAccessible, isNarrow } = await examined(browser.context, explorer, '/plugins/sql/prod/orders-db/shop', mode);
    const { run, button, item } = partsOf(page);
    await item(/orders/).first().waitFor();
    await run("select id, 'x' as word, 7 as number, null as nothing from orders where paid or true -- why", /1000 rows/);
    await isAccessible('rows');
    await button('Explain').click();
    await page.getByText(/Estimated/).waitFor();
    await isAccessible('plan');
    await picture(page, `plan-${mode}-axe`);
    await page.getByRole('tab', { name: 'History' }).click();
    await isAccessible('history');
    await run('select nothing from nowhere', 'Failed');
    await isAccessible('problem');
    await picture(page, `problem-${mode}`);
    // Nobody is caught in the editor.
    await page.getByRole('textbox', { name: 'SQL' }).focus();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Run');
    await isNarrow();
    await picture(page, `narrow-${mode}`);
    await page.close();
  }
});
