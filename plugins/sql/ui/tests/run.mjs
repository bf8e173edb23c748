import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendOf } from '../../../ui/tests/plugin.mjs';
import { postgresPrograms } from '../../../ui/tests/postgres.mjs';
import { runTests } from '../../../ui/tests/run.mjs';

const backend = backendOf('sql');
runTests('the SQL explorer', fileURLToPath(new URL('explorer.test.mjs', import.meta.url)), [
  [!existsSync(backend), 'sql-backend', `no ${backend}: cargo build --workspace`],
  [!postgresPrograms, 'postgres', 'no PostgreSQL (Debian: apt-get install postgresql)'],
]);
