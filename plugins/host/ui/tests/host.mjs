// The real host with a folder of plugins, a backend for some of them, and a browser in front of it.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildBundle } from './bundles/build.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const artifacts = join(here, '../artifacts');

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const browserProgram = process.env.CHROMIUM || programs.find((program) => existsSync(program));
export const hostProgram = process.env.EVERESTCTL_HOST || join(here, '../../../../target/debug/everestctl-host');

const INSTANCES = `instances:
  - { name: orders, namespace: shop, provider: provider-percona-postgresql, host: 127.0.0.1, port: 5432, username: u, password: p }
  - { name: carts, namespace: shop, provider: provider-percona-xtradb, type: mysql, host: 127.0.0.1, port: 3306, username: u, password: p }
`;

/** The backend of every plugin that has one: it says what it got, and is slow where it is asked to be. */
export async function startBackend() {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ method: request.method, path: request.url, headers: request.headers, body });
      const answer = (media, text) => response.writeHead(200, { 'content-type': media }).end(text);
      if (request.url === '/healthz') answer('text/plain', 'ok');
      else if (request.url === '/slow.js') {
        const bundle = "export default (api) => api.registerExtension({ type: 'sidebarItem', label: 'Slow' });\n";
        setTimeout(() => answer('text/javascript', bundle), 1500);
      } else if (request.url === '/text.js') answer('text/plain', 'export default () => {};');
      else if (request.url === '/main.js') answer('text/javascript', readFileSync(join(here, 'plugins/asks-backend/bundle/main.js')));
      else answer('application/json', JSON.stringify({ got: body }));
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { requests, port: server.address().port, stop: () => server.close() };
}

const bundles = new Map();

/** The folder of a bundle that was built, once for all tests. */
function built(name) {
  if (!bundles.has(name)) {
    const folder = join(artifacts, 'bundles', name);
    bundles.set(name, buildBundle(name, name === 'mui', folder).then(() => folder));
  }
  return bundles.get(name);
}

/** A folder with copies of the plugins of the tests. */
export async function pluginFolder(port, names) {
  const folder = mkdtempSync(join(tmpdir(), 'everest-shell-'));
  const place = join(folder, 'plugins');
  mkdirSync(place);
  for (const name of names) {
    const from = join(here, 'plugins', name);
    const inside = join(place, name);
    if (existsSync(from)) cpSync(from, inside, { recursive: true });
    else writePlugin(inside, name, '/main.js');
    if (name === 'asks-backend') writeFileSync(join(inside, 'host.yaml'), `url: http://127.0.0.1:${port}\n`);
    if (name === 'mui' || name === 'own-root') cpSync(await built(name), join(inside, 'bundle'), { recursive: true });
    if (name === 'slow' || name === 'served-as-text') {
      writePlugin(inside, name, name === 'slow' ? '/slow.js' : '/text.js', true);
      writeFileSync(join(inside, 'host.yaml'), `url: http://127.0.0.1:${port}\n`);
    }
  }
  writeFileSync(join(folder, 'instances.yaml'), INSTANCES);
  return { folder, place, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function writePlugin(inside, name, bundlePath, hasBackend = false) {
  mkdirSync(inside, { recursive: true });
  const backend = hasBackend ? `  backend: { serviceRef: { namespace: everest, name: ${name}, port: 80 } }\n` : '';
  const manifest = `apiVersion: extensions.openeverest.io/v1alpha1
kind: Plugin
metadata: { name: ${name} }
spec:
  displayName: ${name}
  frontend: { bundlePath: ${bundlePath} }
${backend}`;
  writeFileSync(join(inside, 'manifest.yaml'), manifest);
  if (!hasBackend) writeFileSync(join(inside, 'host.yaml'), 'frontend: bundle\n');
}

/** Starts the host and waits until it listens. */
export async function startHost(folder, more = []) {
  const words = ['run', '--ui', '--listen', '127.0.0.1:0', '--plugins', join(folder, 'plugins')];
  words.push('--instances', join(folder, 'instances.yaml'), ...more);
  const started = performance.now();
  const child = spawn(hostProgram, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } });
  const lines = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    lines.push(...parts);
  });
  const ended = new Promise((done) => child.once('exit', done));
  const says = async (text, patience = 10_000) => {
    for (const end = Date.now() + patience; ; await new Promise((done) => setTimeout(done, 20))) {
      const line = lines.find((known) => (text instanceof RegExp ? text.test(known) : known.includes(text)));
      if (line) return line;
      if (Date.now() > end) throw new Error(`the host does not say ${text}; it says:\n${lines.join('\n')}`);
    }
  };
  const url = (await says('web shell at ')).split(' ').pop().replace(/\/$/, '');
  const password = (await says('sign in as admin')).split('password ')[1].split(' ')[0];
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, password, lines, says, started, stop };
}

/** A browser with nothing of the user's. */
export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'everest-browser-'));
  const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserProgram,
    headless: true,
    args: [...quiet, '--disable-component-update', '--disable-sync'],
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(15_000);
  const stop = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const kill = async () => {
    await Promise.race([context.close(), new Promise((done) => setTimeout(done, 5000))]);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(profile)) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, stop, kill };
}

/** A page of the host, signed in, with what it printed and what its policy blocked. */
export async function signedIn(context, host, path = '/databases', mode = 'light') {
  const page = await context.newPage();
  const seen = { errors: [], violations: [] };
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  await page.addInitScript((chosen) => {
    localStorage.getItem('colorMode') ?? localStorage.setItem('colorMode', chosen);
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`),
    );
  }, mode);
  await page.goto(host.url + path);
  const form = page.getByLabel('Password');
  const frame = page.getByRole('navigation', { name: 'Main' });
  await form.or(frame).first().waitFor();
  if (await form.isVisible()) {
    await form.fill(host.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  await frame.waitFor();
  const violations = () => page.evaluate(() => window.violations);
  return { page, seen, violations };
}
