// Runs the browser tests where a browser and the host are there; elsewhere it says what is missing. With
// EVERESTCTL_TESTS_REQUIRE=…,chromium,… that is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserProgram, hostProgram } from './host.mjs';

const isRequired = (process.env.EVERESTCTL_TESTS_REQUIRE ?? '').split(',').includes('chromium');
const missing = !browserProgram ? 'no Chromium' : !existsSync(hostProgram) ? `no ${hostProgram}: cargo build --workspace` : '';
if (missing) {
  console.error(`skipped the browser tests: ${missing}`);
  process.exit(isRequired ? 1 : 0);
}
const tests = fileURLToPath(new URL('contract.test.mjs', import.meta.url));
const words = ['--test', '--test-reporter=spec', '--test-timeout=600000', tests, ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1);
