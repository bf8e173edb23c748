// Real bundles in a real browser against the real host: what they get, what becomes of those that fail, what the page survives.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { artifacts, pluginFolder, signedIn, startBackend, startBrowser, startHost, writePlugin } from './host.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// One that loops takes the page with it, and so every other.
const written = readdirSync(new URL('plugins', import.meta.url)).filter((name) => name !== 'loops');
const all = [...written, 'mui', 'own-root', 'slow', 'served-as-text'];

let backend, browser;
before(async () => {
  mkdirSync(artifacts, { recursive: true });
  [backend, browser] = await Promise.all([startBackend(), startBrowser()]);
});
after(async () => {
  await browser?.stop();
  backend?.stop();
});

/** Runs `act` against a host of its own. */
async function withHost(names, more, act) {
  const folder = await pluginFolder(backend.port, names);
  const host = await startHost(folder.folder, more);
  try {
    await act(host, folder);
  } finally {
    await browser.context.clearCookies();
    for (const page of browser.context.pages()) await page.close();
    await host.stop();
    folder.remove();
  }
}

const json = async (page, id) => JSON.parse(await page.getByTestId(id).first().textContent());

/** Goes to another address of the page without loading it anew. */
async function visit(page, path) {
  await page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
}

async function isAccessible(page, where) {
  await page.addScriptTag({ path: axe });
  const wrong = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
  });
  assert.deepEqual(wrong, [], where);
}

describe('the contract', () => {
  test('every slot gets exactly its properties, with no violation of the policy', async () => {
    await withHost(['every-slot', 'mui', 'own-root'], ['--everest-version', '2.1.0'], async (host) => {
      const { page, seen, violations } = await signedIn(browser.context, host, '/plugins/every-slot/deep/er');
      assert.deepEqual(await json(page, 'slot-route'), { pluginName: 'every-slot', subPath: 'deep/er' });
      assert.equal(await page.getByTestId('shared').textContent(), 'true');
      const keys = ['React', 'basePath', 'cssNonce', 'fetch', 'hostVersion', 'registerExtension', 'uiContractVersion'];
      const base = '/v1/clusters/main/plugins/every-slot';
      assert.deepEqual(await json(page, 'api'), { keys, base, nonce: true, version: '2.1.0', contract: '18' });
      await page.getByRole('button', { name: 'clicked 0' }).click();
      await page.getByRole('button', { name: 'clicked 1' }).waitFor();

      await visit(page, '/plugins/every-slot');
      await page.waitForFunction(() => document.querySelector('[data-testid=slot-route]').textContent.includes('"subPath":""'));

      await visit(page, '/databases');
      assert.deepEqual(await json(page, 'slot-globalDashboardWidget'), { namespaces: ['everest', 'shop'] });
      await page.getByRole('button', { name: 'Actions of orders' }).click();
      assert.equal(await page.getByRole('menuitem', { name: 'Action for MySQL' }).count(), 0);
      await page.getByTestId('orders-plugin-every-slot').click();
      const cluster = await page.evaluate(() => JSON.parse(document.querySelector('[data-testid=slot-clusterAction]').textContent).cluster);
      assert.equal(cluster.spec.providerRef.name, 'provider-percona-postgresql');
      assert.deepEqual(await json(page, 'slot-clusterAction'), { cluster, namespace: 'shop', onClose: 'function' });
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });

      await page.getByRole('link', { name: 'orders' }).click();
      assert.deepEqual(await json(page, 'slot-clusterCard'), { cluster, namespace: 'shop' });
      assert.equal(await page.getByTestId('plugin-tab-mysql').count(), 0);
      await page.getByTestId('plugin-tab-every').click();
      assert.deepEqual(await json(page, 'slot-clusterDetailTab'), { cluster, namespace: 'shop', instanceName: 'orders' });
      await page.getByTestId('plugin-tab-own-root').click();
      assert.equal(await page.getByTestId('own-root').textContent(), 'orders, its own React');
      await visit(page, '/databases/shop/carts/mysql');
      await page.getByTestId('slot-mysql').waitFor();

      await visit(page, '/settings/every');
      assert.deepEqual(await json(page, 'slot-settingsPanel'), { currentUser: 'admin' });

      await visit(page, '/databases/new');
      await page.getByRole('textbox', { name: 'Name' }).fill('fresh');
      await page.getByRole('button', { name: 'Every section' }).click();
      const formValues = { dbName: 'fresh', k8sNamespace: 'everest', provider: '' };
      assert.deepEqual(await json(page, 'slot-create'), { formValues, onChange: 'function', namespace: 'everest' });
      await visit(page, '/databases/shop/orders/edit');
      await page.getByRole('button', { name: 'Every section' }).click();
      await page.getByTestId('input-edit').fill('7d');
      assert.deepEqual((await json(page, 'slot-edit')).instance, cluster);
      await page.getByRole('button', { name: 'Save' }).click();
      assert.deepEqual(await json(page, 'edited'), { 'every-slot': { retention: '7d' } });

      await visit(page, '/plugins/mui');
      assert.equal(await page.getByTestId('mui-shared').textContent(), 'true');
      await page.getByTestId('mui-button').click();
      await page.getByRole('heading', { name: 'A dialog of a plugin' }).waitFor();
      assert.deepEqual(await violations(), []);
      assert.deepEqual(seen.errors, []);
    });
  });

  test('tokens and colour scheme are there before a bundle renders and follow the switch', async () => {
    await withHost(['every-slot', 'mui'], [], async (host) => {
      const { page, violations } = await signedIn(browser.context, host, '/plugins/mui');
      const button = page.getByTestId('mui-button');
      const colour = () => button.evaluate((element) => getComputedStyle(element).backgroundColor);
      assert.equal(await button.textContent(), 'mui light');
      assert.equal(await colour(), 'rgb(14, 95, 181)');
      await page.getByRole('button', { name: 'Dark mode' }).click();
      await page.getByText('mui dark').waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.everestColorScheme), 'dark');
      await page.waitForFunction(() => getComputedStyle(document.querySelector('[data-testid=mui-button]')).backgroundColor === 'rgb(98, 174, 255)');
      assert.equal(await page.evaluate(() => localStorage.colorMode), 'dark');
      await visit(page, '/plugins/every-slot');
      assert.equal(await page.getByTestId('themed').evaluate((element) => getComputedStyle(element).color), 'rgb(98, 174, 255)');
      assert.deepEqual(await violations(), []);
    });
  });

  test('the page has the headers of upstream, and a nonce of its own each time', async () => {
    await withHost(['every-slot'], [], async (host) => {
      const first = await fetch(`${host.url}/plugins/every-slot`);
      const nonce = /name="csp-nonce" content="([0-9a-f]{32})"/.exec(await first.text())[1];
      assert.equal(
        first.headers.get('content-security-policy'),
        `default-src 'self'; font-src 'self' data:; img-src 'self' data:; script-src 'self' 'nonce-${nonce}'; ` +
          `style-src 'self' 'nonce-${nonce}' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; form-action 'self'; ` +
          "base-uri 'self'; object-src 'none'; frame-ancestors 'none'; connect-src 'self'",
      );
      for (const [name, value] of [
        ['cross-origin-embedder-policy', 'require-corp'],
        ['cross-origin-opener-policy', 'same-origin'],
        ['cross-origin-resource-policy', 'same-origin'],
        ['x-content-type-options', 'nosniff'],
        ['x-frame-options', 'DENY'],
        ['referrer-policy', 'no-referrer'],
        ['cache-control', 'no-store, max-age=0'],
      ]) {
        assert.equal(first.headers.get(name), value, name);
        assert.equal((await fetch(`${host.url}/static/plugin-runtime/react.js`)).headers.get(name), value, name);
      }
      const again = await (await fetch(host.url)).text();
      assert.ok(!again.includes(nonce));
      const bundle = await fetch(`${host.url}/v1/clusters/main/plugins/every-slot/main.js`);
      assert.equal(bundle.status, 200);
      assert.equal(bundle.headers.get('content-security-policy'), null);
      assert.equal((await fetch(`${host.url}/static/none.js`)).status, 404);
      assert.equal((await fetch(`${host.url}/shell/plugins`)).status, 400);
      assert.equal((await fetch(`${host.url}/v1/clusters/main/plugins/every-slot/manifest.yaml`)).status, 400);
    });
  });
});

describe('plugins that fail', () => {
  test('each is told in the page and on the terminal, and takes no other with it', async () => {
    await withHost(all, ['--everest-version', '2.1.0'], async (host) => {
      const { page } = await signedIn(browser.context, host, '/databases');
      await page.getByRole('link', { name: 'Slow' }).waitFor({ timeout: 30_000 });
      await page.getByRole('button', { name: /^Plugins \d+/ }).click();
      const state = async (name) => (await page.getByTestId(`state-${name}`).locator('td').allTextContents()).join(' | ');
      await page.getByTestId('state-wrong-integrity').getByText('failed').waitFor();
      for (const [name, expected] of [
        ['every-slot', /^loaded \|/],
        ['mui', /^loaded/],
        ['slow', /^loaded .*1\d{3} ms/],
        ['right-integrity', /^loaded/],
        ['throws-at-import', /^failed .*thrown at import/],
        ['throws-in-register', /^failed .*thrown in register.*sidebarItem "Half registered"/],
        ['no-entry', /^failed .*exports no function as default or register; it exports start/],
        ['empty', /^failed .*it exports nothing/],
        ['syntax-error', /^failed .*SyntaxError/],
        ['served-as-text', /^failed .*browsers do not run modules of type text\/plain/],
        ['wrong-integrity', /^failed .*bundleIntegrity does not match: the bundle is sha384-/],
        ['next-react', /^skipped .*needs UI contract \(React\) >=19\.0\.0 <20\.0\.0, host is React 18\./],
        ['next-host', /^skipped .*requires host >=9\.0\.0, host is 2\.1\.0\./],
        ['hello', /^skipped .*no frontend/],
        ['undeclared', /^loaded .*\| route "Undeclared"$/],
      ]) {
        assert.match(await state(name), expected, name);
      }
      assert.equal(await page.evaluate(() => window.wrongIntegrityRan), undefined);
      for (const name of ['Half registered', 'Right integrity', 'Every slot', 'MUI', 'Asks']) {
        await page.getByRole('link', { name, exact: true }).waitFor();
      }
      for (const name of ['Must not run', 'Must not show', 'Not declared']) {
        assert.equal(await page.getByRole('link', { name }).count(), 0, name);
      }
      for (const line of [
        /^ui plugin=throws-at-import error: "failed to load: Error: thrown at import"/,
        /^ui plugin=throws-in-register error: "failed to load: .*1 registered before that stay/,
        /^ui plugin=wrong-integrity error: ".*bundleIntegrity does not match/,
        /^ui plugin=next-react warning: .*Skipping/,
        /^ui plugin=undeclared error: "skipped an extension: .*sidebarItem.* is not among spec\.frontend\.extensionPoints/,
        /^ui plugin=undeclared error: .*was renamed to .*instanceCreateFormSection/,
        /^ui plugin=throws-later error: "uncaught Error: thrown by a timer"/,
        /^ui plugin=throws-later error: "unhandled rejection: Error: rejected and not caught"/,
        /^ui plugin=throws-later error: "console\.error: something is wrong/,
        /^ui plugin=throws-in-render error: "globalDashboardWidget failed to render: Error: thrown in an effect"/,
        /^ui plugin=every-slot "loaded /,
      ]) {
        await host.says(line);
      }
      await page.screenshot({ path: join(artifacts, 'panel.png') });

      // Where each fails, its neighbours stand.
      await page.getByTestId('slot-globalDashboardWidget').waitFor();
      await page.getByTestId('plugin-error-throws-in-render').getByText('thrown in an effect').waitFor();
      await visit(page, '/plugins/throws-in-render');
      const broken = page.getByTestId('plugin-error-throws-in-render');
      await broken.getByText('Plugin Error').waitFor();
      await broken.getByRole('button', { name: 'Try Again' }).click();
      await broken.getByText('thrown in render').waitFor();
      await visit(page, '/databases/shop/orders');
      await page.getByTestId('plugin-error-throws-in-render').waitFor();
      await page.getByTestId('slot-clusterCard').waitFor();
      await visit(page, '/databases/new');
      await page.getByRole('button', { name: 'Broken section' }).click();
      await page.getByTestId('plugin-error-throws-in-render').waitFor();
      await visit(page, '/databases/shop/orders/own-root');
      await page.getByRole('button', { name: 'Break' }).click();
      await host.says(/^ui plugin=own-root error: "uncaught Error: thrown in a root of its own"/);
      await visit(page, '/plugins/next-react');
      await page.getByText('No plugin registered with name "next-react".').waitFor();
      await page.getByText('needs UI contract').first().waitFor();
      // The second tab of one path is not shown, and said so.
      await visit(page, '/databases/shop/orders/every');
      await page.getByTestId('slot-clusterDetailTab').waitFor();
      await host.says(/^ui plugin=two-routes warning: .*its path .*every.* is used by every-slot/);
      await visit(page, '/plugins/two-routes/second/inside');
      await page.getByText('the second route at second/inside').waitFor();
    });
  });

  test('a bundle that loops is named on the terminal, and left out when the page is loaded again', async () => {
    // The page of a looping bundle answers nobody, also not whoever wants to close it: it has a browser of its own.
    const own = await startBrowser();
    await withHost(['every-slot', 'loops'], [], async (host) => {
      const page = await own.context.newPage();
      await page.goto(host.url);
      await page.getByLabel('Password').fill(host.password);
      page.getByRole('button', { name: 'Sign in' }).click().catch(() => {});
      await host.says(/^ui plugin=loops error: .*has not responded for 4 s.*while loops was loaded/, 30_000);
      const again = await own.context.newPage();
      await again.goto(`${host.url}/plugins/every-slot`);
      await again.getByTestId('slot-route').waitFor();
      await host.says(/^ui plugin=loops .*stopped while it was loaded the last time/);
      await again.getByRole('link', { name: 'Every slot' }).waitFor();
    });
    await own.kill();
  });

  test('what the policy keeps from a bundle is told, and the shared React stays', async () => {
    await withHost(['intruder', 'every-slot'], [], async (host) => {
      const { page } = await signedIn(browser.context, host, '/plugins/intruder');
      const expected = 'runtime refused: TypeError; member refused: TypeError; eval refused: EvalError';
      assert.equal(await page.getByTestId('intruder').textContent(), expected);
      await host.says(/^ui plugin=\S+ error: .*\(CSP\) blocked https:\/\/other\.example\/pixel\.png: img-src/);
      await host.says(/^ui plugin=intruder error: .*\(CSP\) blocked https:\/\/other\.example\/steal: connect-src/);
      await host.says(/^ui plugin=\S+ error: .*\(CSP\) blocked inline: script-src-elem/);
      assert.equal(await page.evaluate(() => window.inlineRan), undefined);
      await visit(page, '/plugins/every-slot');
      assert.equal(await page.getByTestId('shared').textContent(), 'true');
    });
  });
});

describe('as upstream', () => {
  test('its quirks are kept, and said', async () => {
    const names = ['every-slot', 'two-routes', 'wrong-integrity', 'filtered', 'throws-in-render', 'asks-backend'];
    await withHost(names, ['--compat', 'upstream'], async (host) => {
      const { page } = await signedIn(browser.context, host, '/settings/every');
      assert.deepEqual(await json(page, 'slot-settingsPanel'), { currentUser: '' });
      await visit(page, '/plugins/two-routes/second');
      await page.getByText('the first route').waitFor();
      await host.says(/^ui plugin=two-routes warning: .*shows only the first of its 2 routes/);
      assert.equal(await page.getByRole('link', { name: 'Two B' }).count(), 0);
      assert.equal(await page.evaluate(() => window.wrongIntegrityRan), true);
      await host.says(/^ui plugin=wrong-integrity warning: .*current OpenEverest does not check it/);
      await visit(page, '/databases');
      await page.getByRole('button', { name: 'Actions of orders' }).click();
      await page.getByRole('menuitem', { name: 'Action for MySQL' }).waitFor();
      await page.keyboard.press('Escape');
      await visit(page, '/databases/shop/orders/filtered');
      await page.getByTestId('plugin-tab-filtered').waitFor();
      await visit(page, '/databases/new');
      await page.getByTestId('page-gone').waitFor();
    });
  });

  test('as specified, the manifest decides for which providers an extension is', async () => {
    await withHost(['filtered', 'every-slot'], [], async (host) => {
      const { page } = await signedIn(browser.context, host, '/databases/shop/orders/every');
      await page.getByTestId('slot-clusterDetailTab').waitFor();
      assert.equal(await page.getByTestId('plugin-tab-filtered').count(), 0);
      await visit(page, '/databases/shop/carts/filtered');
      await page.getByTestId('plugin-tab-filtered').waitFor();
      const icon = page.getByRole('link', { name: 'Filtered' }).locator('img');
      assert.equal(await icon.getAttribute('src'), '/v1/clusters/main/plugins/filtered/icon.svg');
      assert.ok(await icon.evaluate((image) => image.complete && image.naturalWidth > 0));
    });
  });
});

describe('a backend', () => {
  test('is asked with the session, its failures can be tried, and each request is a command', async () => {
    await withHost(['asks-backend'], [], async (host) => {
      const { page } = await signedIn(browser.context, host, '/plugins/asks-backend');
      const answer = page.getByTestId('answer');
      const ask = async (expected) => {
        await page.getByRole('button', { name: 'Ask', exact: true }).click();
        await answer.getByText(expected).waitFor();
      };
      await ask('200 {"got":"{\\"say\\":\\"it\'s\\"}"}');
      const request = backend.requests.find(({ path }) => path === '/api/echo');
      assert.match(request.headers.authorization, /^Bearer ey/);
      assert.equal(request.headers['content-type'], 'application/json');
      await page.getByRole('button', { name: /^Plugins \d+/ }).click();
      await page.getByRole('tab', { name: /^Requests/ }).click();
      await page.getByText(`printf %s '{"say":"it'\\''s"}' | everestctl plugin api asks-backend POST /api/echo --input -`).waitFor();
      for (const [fault, expected] of [
        ['403 not allowed', '403 {"message":"insufficient permissions"}'],
        ['401 session expired', '401 {"message":"invalid or expired jwt"}'],
        ['502 backend is down', '502'],
        ['connection lost', 'TypeError: Failed to fetch'],
      ]) {
        await page.getByLabel('Fault of api.fetch').click();
        await page.getByRole('option', { name: fault }).click();
        await ask(expected);
      }
      await host.says(/^ui plugin=asks-backend warning: "api\.fetch POST \/api\/echo: 403"/);

      await visit(page, '/databases/new');
      await page.getByRole('textbox', { name: 'Name' }).fill('fresh');
      await page.getByRole('button', { name: 'Size' }).click();
      await page.getByText('asks for a small one').waitFor();
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      await page.getByTestId('handed-over').getByText('asks-backend: POST instance-config: 200').waitFor();
      const config = backend.requests.find(({ path }) => path === '/instance-config');
      assert.deepEqual(JSON.parse(config.body), { instance: 'fresh', namespace: 'everest', config: { size: 'small' } });
    });
  });
});

describe('the page', () => {
  test('loads again when a bundle or a manifest changes, and stays signed in', async () => {
    await withHost(['every-slot'], [], async (host, folder) => {
      const { page } = await signedIn(browser.context, host, '/databases');
      await page.getByRole('link', { name: 'Every slot' }).waitFor();
      const inside = join(folder.place, 'later');
      writePlugin(inside, 'later', '/main.js');
      mkdirSync(join(inside, 'bundle'));
      const bundle = (label) => `export default (api) => api.registerExtension({ type: 'sidebarItem', label: '${label}' });\n`;
      writeFileSync(join(inside, 'bundle/main.js'), bundle('Came later'));
      await page.getByRole('link', { name: 'Came later' }).waitFor();
      await new Promise((done) => setTimeout(done, 2000));
      writeFileSync(join(inside, 'bundle/main.js'), bundle('Built anew'));
      await page.getByRole('link', { name: 'Built anew' }).waitFor();
    });
  });

  test('shows the first plugin within a second of the start, and twenty at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    const folder = await pluginFolder(backend.port, names);
    for (const name of names) {
      mkdirSync(join(folder.place, name, 'bundle'));
      const bundle = `export default (api) => api.registerExtension({ type: 'sidebarItem', label: '${name}' });\n`;
      writeFileSync(join(folder.place, name, 'bundle/main.js'), bundle);
    }
    const host = await startHost(folder.folder);
    const { page } = await signedIn(browser.context, host);
    await page.getByRole('link', { name: 'many-19' }).waitFor();
    assert.equal(await page.getByRole('link', { name: /^many-/ }).count(), 20);
    await page.reload();
    await page.getByRole('link', { name: 'many-00' }).waitFor();
    const milliseconds = await page.evaluate(() => Math.round(performance.now()));
    // Told, not asserted: no test measures time.
    console.log(`first plugin on screen ${milliseconds} ms after a reload`);
    await host.stop();
    folder.remove();
  });

  test('can be used with the keyboard and a screen reader, light and dark, wide and narrow', async () => {
    await withHost(['every-slot', 'asks-backend'], [], async (host) => {
      // axe is code of the test: only here the page's policy is put aside.
      for (const mode of ['light', 'dark']) {
        const page = await browser.context.newPage();
        const bypass = await browser.context.newCDPSession(page);
        await bypass.send('Page.setBypassCSP', { enabled: true });
        await page.addInitScript((chosen) => localStorage.setItem('colorMode', chosen), mode);
        await page.goto(host.url);
        const form = page.getByLabel('Password');
        await form.or(page.getByRole('navigation', { name: 'Main' })).first().waitFor();
        if (await form.isVisible()) {
          await isAccessible(page, `sign-in ${mode}`);
          await form.fill(host.password);
          await page.keyboard.press('Enter');
        }
        await page.getByTestId('slot-globalDashboardWidget').waitFor();
        await page.getByRole('button', { name: /^Plugins \d+/ }).click();
        for (const [name, path] of [
          ['databases', '/databases'],
          ['instance', '/databases/shop/orders'],
          ['tab', '/databases/shop/orders/every'],
          ['create', '/databases/new'],
          ['edit', '/databases/shop/orders/edit'],
          ['settings', '/settings/every'],
          ['plugin', '/plugins/every-slot'],
        ]) {
          await visit(page, path);
          await page.waitForTimeout(150);
          await isAccessible(page, `${name} ${mode}`);
          await page.screenshot({ path: join(artifacts, `${name}-${mode}.png`) });
        }
        await page.setViewportSize({ width: 400, height: 800 });
        await visit(page, '/databases');
        await page.getByRole('button', { name: 'Show navigation' }).click();
        await page.getByRole('link', { name: 'Every slot' }).click();
        await page.getByTestId('slot-route').waitFor();
        const isWider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        assert.equal(isWider, false, 'the page is as wide as the window');
        const { x, width } = await page.getByRole('button', { name: 'Sign out' }).boundingBox();
        assert.ok(x + width <= 400, `the bar ends at ${x + width}`);
        await page.screenshot({ path: join(artifacts, `narrow-${mode}.png`) });
        await page.close();
      }
    });
  });

  test('signing in says what is wrong, signing out ends the session', async () => {
    await withHost(['every-slot'], [], async (host) => {
      const page = await browser.context.newPage();
      await page.goto(host.url);
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Incorrect username or password provided').waitFor();
      await page.getByLabel('Password').fill(host.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: 'Every slot' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Password').waitFor();
      await page.reload();
      await page.getByLabel('Password').waitFor();
    });
  });
});
