// The plugin as it is delivered, in front of a PostgreSQL, in the web shell.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostProgram, startHost } from '../../../host/ui/tests/host.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const artifacts = join(here, '../artifacts');
export const backendProgram = process.env.EVERESTCTL_SQL || join(dirname(hostProgram), 'plugin-sql');

/** Starts the host with the plugin and `instances`. */
export async function startExplorer(instances) {
  const folder = mkdtempSync(join(tmpdir(), 'everestctl-sql-'));
  const plugin = join(folder, 'plugins/sql');
  mkdirSync(plugin, { recursive: true });
  writeFileSync(join(plugin, 'manifest.yaml'), readFileSync(join(here, '../../manifest.yaml')));
  const delivered = readFileSync(join(here, '../../host.yaml'), 'utf8');
  writeFileSync(join(plugin, 'host.yaml'), delivered.replace(/^command: .*$/m, `command: [${backendProgram}]`));
  writeFileSync(join(folder, 'instances.yaml'), `instances:\n${instances}`);
  const host = await startHost(folder);
  await host.says('sql: ready at ');
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
  return { ...host, everestctl, stop };
}
