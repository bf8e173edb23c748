// Runs the browser test where a browser, the host, the backend and a PostgreSQL are there; elsewhere it says what is missing. With
// EVERESTCTL_TESTS_REQUIRE=…,chromium,…,postgres,… that is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserProgram, hostProgram } from '../../../host/ui/tests/host.mjs';
import { backendProgram } from './explorer.mjs';
import { postgresPrograms } from './postgres.mjs';

const required = (process.env.EVERESTCTL_TESTS_REQUIRE ?? '').split(',');
const missing = [
  [!browserProgram, 'chromium', 'no Chromium'],
  [!existsSync(hostProgram), 'chromium', `no ${hostProgram}: cargo build --workspace`],
  [!existsSync(backendProgram), 'sql-backend', `no ${backendProgram}: cargo build --workspace`],
  [!postgresPrograms, 'postgres', 'no PostgreSQL (Debian: apt-get install postgresql)'],
].find(([isMissing]) => isMissing);
if (missing) {
  console.error(`skipped the browser test of the SQL explorer: ${missing[2]}`);
  process.exit(required.includes(missing[1]) ? 1 : 0);
}
const tests = fileURLToPath(new URL('explorer.test.mjs', import.meta.url));
const words = ['--test', '--test-reporter=spec', '--test-timeout=300000', tests, ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1);
