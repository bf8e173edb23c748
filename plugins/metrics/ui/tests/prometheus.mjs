// A Prometheus with real exporters, which are scraped as what they would be in a cluster: of the namespaces a and b.
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65534;
const unprivileged = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const programs = ['prometheus', 'prometheus-node-exporter', 'prometheus-postgres-exporter'].map((name) => join('/usr/bin', name));

/** The program of Debian's that is missing. */
export const missingProgram = programs.find((program) => !existsSync(program));

const RULES = `groups:
- name: tests
  rules:
  - {alert: ShopUp, expr: 'up{job="node"} == 1', labels: {severity: critical}, annotations: {summary: 'shop answers <b>loudly</b>'}}
  - {alert: VaultUp, expr: 'up{job="prometheus"} == 1', labels: {severity: warning}, annotations: {summary: 'vault answers'}}
  - {alert: Later, expr: 'up{job="prometheus"} == 1', for: 1h}
`;

async function freeAddress() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return `127.0.0.1:${port}`;
}

export async function until(what, holds, patience = 30_000) {
  for (const end = Date.now() + patience; !(await holds()); await new Promise((done) => setTimeout(done, 100))) {
    if (Date.now() > end) throw new Error(`it is not so: ${what}`);
  }
}

/** Starts it, with an exporter of `postgres`. */
export async function startPrometheus(postgres) {
  const folder = mkdtempSync(join(tmpdir(), 'everestctl-prometheus-'));
  const [node, database, own] = await Promise.all([freeAddress(), freeAddress(), freeAddress()]);
  const job = (name, address, labels) => `- job_name: ${name}\n  static_configs: [{targets: ['${address}'], labels: {${labels}}}]\n`;
  writeFileSync(
    join(folder, 'prometheus.yaml'),
    `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\nrule_files: [rules.yaml]\nscrape_configs:\n${[
      job('node', node, 'namespace: a, pod: shop-0'),
      job('postgres', database, 'namespace: a, pod: shop-0'),
      job('prometheus', own, 'namespace: b, pod: vault-0'),
    ].join('')}`,
  );
  writeFileSync(join(folder, 'rules.yaml'), RULES);
  if (unprivileged.uid) chownSync(folder, NOBODY, NOBODY);
  postgres.psql("create role monitor login password 'monitor' in role pg_monitor");
  const source = `host=${postgres.folder} port=5432 user=monitor password=monitor dbname=postgres sslmode=disable`;
  const children = [];
  const run = (program, address, words, env = {}) => {
    const child = spawn(program, [`--web.listen-address=${address}`, ...words], { ...unprivileged, cwd: folder, env, stdio: 'ignore' });
    children.push({ child, ended: new Promise((done) => child.once('exit', done)) });
  };
  const [server, nodeExporter, postgresExporter] = programs;
  run(nodeExporter, node, ['--collector.disable-defaults', '--collector.cpu', '--collector.meminfo']);
  run(postgresExporter, database, [], { DATA_SOURCE_NAME: source });
  run(server, own, [`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`]);
  const url = `http://${own}`;
  for (const expression of ['rate(node_cpu_seconds_total[10s])', 'rate(pg_stat_database_xact_commit[10s])', 'ALERTS']) {
    await until(expression, async () => {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`).catch(() => undefined);
      return answer?.ok && (await answer.json()).data.result.length > 0;
    });
  }
  const stop = async () => {
    for (const { child } of children) child.kill('SIGKILL');
    await Promise.all(children.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}
