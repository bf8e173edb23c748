// Runs the browser tests of a bundle where all that they need is there; elsewhere it says what is missing. With
// EVERESTCTL_TESTS_REQUIRE=…,chromium,… what is named is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { browserProgram, hostProgram } from '../../host/ui/tests/host.mjs';

/** `needs` are whether it is missing, its name in EVERESTCTL_TESTS_REQUIRE, and what to say. */
export function runTests(title, file, needs) {
  const required = (process.env.EVERESTCTL_TESTS_REQUIRE ?? '').split(',');
  const missing = [
    [!browserProgram, 'chromium', 'no Chromium'],
    [!existsSync(hostProgram), 'chromium', `no ${hostProgram}: cargo build --workspace`],
    ...needs,
  ].find(([isMissing]) => isMissing);
  if (missing) {
    console.error(`skipped the browser test of ${title}: ${missing[2]}`);
    process.exit(required.includes(missing[1]) ? 1 : 0);
  }
  const words = ['--test', '--test-reporter=spec', '--test-timeout=300000', ...process.argv.slice(2), file];
  process.exit(spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1);
}
