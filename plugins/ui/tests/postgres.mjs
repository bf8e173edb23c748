// A PostgreSQL of the tests' own, at a socket in its own folder, never as root.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65534;
const PASSWORD = 'hunter2';
const root = '/usr/lib/postgresql';
const versions = existsSync(root) ? readdirSync(root).sort() : [];
const folderOf = versions.map((version) => join(root, version, 'bin')).findLast((bin) => existsSync(join(bin, 'initdb')));

/** Where its programs are; nothing where there is none. */
export const postgresPrograms = folderOf;

const unprivileged = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'everestctl-pg-'));
  const data = join(folder, 'data');
  const secret = join(folder, 'password');
  writeFileSync(secret, PASSWORD);
  if (unprivileged.uid) for (const path of [folder, secret]) chownSync(path, NOBODY, NOBODY);
  const words = ['--username=admin', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', `--pwfile=${secret}`, data];
  execFileSync(join(folderOf, 'initdb'), words, { ...unprivileged, cwd: folder, stdio: 'ignore' });
  const settings = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'listen_addresses='];
  const child = spawn(join(folderOf, 'postgres'), ['-D', data, '-k', folder, ...settings], { ...unprivileged, cwd: folder, stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  const env = { PGHOST: folder, PGUSER: 'admin', PGPASSWORD: PASSWORD, PGDATABASE: 'postgres', LC_ALL: 'C.UTF-8' };
  const psql = (sql, database = 'postgres') =>
    execFileSync(join(folderOf, 'psql'), ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database], { env, input: sql, encoding: 'utf8', stdio: 'pipe' }).trim();
  for (const end = Date.now() + 15_000; ; await new Promise((done) => setTimeout(done, 50))) {
    try {
      psql('select 1');
      break;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
  /** Its entry in a file of instances. */
  const instance = (name, namespace) =>
    `  - { name: ${name}, namespace: ${namespace}, provider: provider-percona-postgresql, host: ${folder}, port: 5432, username: admin, password: ${PASSWORD} }\n`;
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { psql, folder, instance, stop };
}
