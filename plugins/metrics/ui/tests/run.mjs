import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendOf } from '../../../ui/tests/plugin.mjs';
import { postgresPrograms } from '../../../ui/tests/postgres.mjs';
import { runTests } from '../../../ui/tests/run.mjs';
import { missingProgram } from './prometheus.mjs';

const backend = backendOf('metrics');
runTests('the page of the metrics plugin', fileURLToPath(new URL('metrics.test.mjs', import.meta.url)), [
  [!existsSync(backend), 'metrics-backend', `no ${backend}: cargo build --workspace`],
  [!postgresPrograms, 'postgres', 'no PostgreSQL (Debian: apt-get install postgresql)'],
  [missingProgram, 'prometheus', `no ${missingProgram} (Debian: tests/packages)`],
]);
