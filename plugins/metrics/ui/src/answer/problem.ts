// What to do about what went wrong, in the words of this page.
import type { Hints } from '../../../../ui/src/problem';

const LESS = 'Choose a shorter time range, or fewer series with an aggregation such as topk(10, …).';

export const HINTS: Hints = {
  commands: [
    [/^use -A for/, 'Choose all namespaces.'],
    [/^ask for the grant/, 'Ask an administrator for the grant `namespaces, read, CLUSTER/NAMESPACE`.'],
    [/^use --since/, 'Choose a time range.'],
    [/^use `metrics dashboards`/, 'Choose another dashboard.'],
    [/^(use a longer --step|ask for less)/, LESS],
    [/^use a function such as rate/, 'Use a function such as rate() or max_over_time().'],
    [/^try again in a moment/, 'Try again in a moment.'],
  ],
  statuses: {
    401: 'Your session has expired: sign in again.',
    403: 'Ask an administrator for the grant `namespaces, read, CLUSTER/NAMESPACE`.',
    404: 'Choose another dashboard or namespace: it may have been removed.',
    429: 'Try again in a moment.',
    502: 'Look whether the plugin and Prometheus are running (in a cluster: `kubectl get pods`), and try again.',
    503: 'Look whether the plugin is running, and try again.',
    504: LESS,
  },
};

/** What the backend says of a Prometheus that it does not reach has no hint: it does not know who asks. */
export const PROMETHEUS_GONE = 'Look whether Prometheus is running, and whether PROMETHEUS_URL of the plugin is its address.';
