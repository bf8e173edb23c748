// A plugin as it is delivered, in the web shell.
import { execFileSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostProgram, signedIn, startHost } from '../../host/ui/tests/host.mjs';

const plugins = fileURLToPath(new URL('../..', import.meta.url));
const axe = createRequire(new URL('../../host/ui/package.json', import.meta.url)).resolve('axe-core/axe.min.js');

/** The program of a backend, beside the host. */
export const backendOf = (name) => join(dirname(hostProgram), `plugin-${name}`);

/** Starts the host with the plugin `name`, its `program`, and `instances`; `environment` is more for its backend, `more` words for the host. */
export async function startPlugin({ name, program, instances, environment = {}, more = [], files = {} }) {
  const folder = mkdtempSync(join(tmpdir(), `everestctl-${name}-`));
  const plugin = join(folder, 'plugins', name);
  mkdirSync(plugin, { recursive: true });
  writeFileSync(join(plugin, 'manifest.yaml'), readFileSync(join(plugins, name, 'manifest.yaml')));
  const delivered = readFileSync(join(plugins, name, 'host.yaml'), 'utf8').replace(/^command: .*$/m, `command: [${program}]`);
  writeFileSync(join(plugin, 'host.yaml'), `${delivered}environment: ${JSON.stringify(environment)}\n`);
  writeFileSync(join(folder, 'instances.yaml'), `instances:\n${instances}`);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const host = await startHost(folder, more.map((word) => word.replace('FOLDER', folder)));
  await host.says(`${name}: ready at `);
  /** What a line of a shell prints, in which everestctl is signed in to this host. */
  const everestctl = (line) => {
    const path = `${dirname(hostProgram)}:${process.env.PATH}`;
    const env = { PATH: path, HOME: folder, CI: '1' };
    const shell = (words, input) => execFileSync('sh', ['-c', words], { env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    shell(`everestctl auth login --server ${host.url} --username admin --password-stdin`, `${host.password}\n`);
    return shell(line);
  };
  const stop = async () => {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...host, folder, everestctl, stop };
}

/** A page that is signed in, and what finds in it what keeps people from using it. */
export async function examined(context, host, path, mode) {
  const { page } = await signedIn(context, host, path, mode);
  // axe is code of the test: only here the page's policy is put aside.
  const bypass = await context.newCDPSession(page);
  await bypass.send('Page.setBypassCSP', { enabled: true });
  await page.evaluate((chosen) => localStorage.setItem('colorMode', chosen), mode);
  await page.reload();
  const isAccessible = async (where) => {
    await page.addScriptTag({ path: axe });
    const wrong = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      return bad.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(' ')}`);
    });
    assert.deepEqual(wrong, [], `${where} ${mode}`);
  };
  /** Nothing of the page is beside a window of a phone. */
  const isNarrow = async () => {
    await page.setViewportSize({ width: 420, height: 900 });
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(isWider, false, 'the page is as wide as the window');
  };
  return { page, isAccessible, isNarrow };
}
