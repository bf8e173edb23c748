// What to do about what went wrong, in the words of this page.
import type { Hints } from '../../../../ui/src/problem';

const AGAIN = 'Look whether the instance and the plugin are running, and try again.';
const WAIT = 'Wait until other statements are done, and try again.';

export const HINTS: Hints = {
  commands: [
    [/^use `sql query --write`/, 'Switch on “Allow changes” to run statements that change data.'],
    [/^use `sql run --write`/, 'It cannot run in a transaction: run it on the command line with `everestctl sql run --write`.'],
    [/^leave out `--analyze`/, 'Switch off “Measure”, which runs the statement and cannot change data.'],
    [/^use `--timeout`/, 'Choose a longer time limit, or narrow the statement.'],
    [/^use `sql databases`/, 'Choose another database.'],
    [/^use `sql instances`/, 'Choose another instance.'],
    [/^use --namespace/, 'Choose the instance with its namespace.'],
  ],
  statuses: {
    401: 'Your session has expired: sign in again.',
    403: 'Ask an administrator for the permission `read-connection` on this instance.',
    404: 'Reload the list: it may have been removed.',
    429: WAIT,
    502: AGAIN,
    503: WAIT,
    504: AGAIN,
  },
};
