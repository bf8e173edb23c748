// What is wrong, and which databases use most.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { asProblem, type Problem } from '../../../../ui/src/problem';
import { ProblemView } from '../../../../ui/src/ProblemView';
import type { Alert as FoundAlert, DatabaseUse, MetricsClient } from '../answer/client';
import { age, format } from '../answer/format';
import { visuallyHidden } from '../chart/hidden';
import { databasePath, HOME } from './paths';

export interface Found<T> {
  items: readonly T[];
  problem?: Problem;
}
export interface Summary {
  alerts: Found<FoundAlert>;
  databases: Found<DatabaseUse>;
}

/** One after the other. What the second says may stand although the first has failed; if both have, that is all there is to say. */
export async function summary(client: MetricsClient, by: string, signal: AbortSignal): Promise<Summary> {
  const found = async <T,>(asked: Promise<T[]>): Promise<Found<T>> => {
    try {
      return { items: await asked };
    } catch (thrown) {
      signal.throwIfAborted();
      return { items: [], problem: asProblem(thrown) };
    }
  };
  const databases = await found(client.top(by, {}, signal));
  const alerts = await found(client.alerts({}, signal));
  if (databases.problem && alerts.problem) throw databases.problem;
  return { alerts, databases };
}

const LINES = {
  width: '100%',
  borderCollapse: 'collapse',
  fontSize: 14,
  color: 'text.primary',
  '& th, & td': { py: 0.75, px: 0, textAlign: 'left', fontWeight: 400, verticalAlign: 'top', borderBottom: 1, borderColor: 'divider' },
  '& thead th': { color: 'text.secondary', fontSize: 13 },
  '& .number': { textAlign: 'right', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  '& th + *, & td': { pl: 1.5 },
  '& tbody th': { overflowWrap: 'anywhere' },
  // A card of the dashboard has room for the first numbers only.
  '@container (max-width: 460px)': { '& .wide': { display: 'none' } },
} as const;

const COLUMNS = [
  ['cpu', 'CPU', 'cores', false],
  ['memory', 'Memory', 'bytes', false],
  ['connections', 'Connections', '', true],
  ['replicationLag', 'Lag', 's', true],
] as const;

/** The databases that use most. */
export function TopDatabases({ found, most }: { found: Found<DatabaseUse>; most: number }) {
  if (found.problem) return <ProblemView problem={found.problem} />;
  const { items } = found;
  if (items.length === 0) {
    return <Typography sx={{ color: 'text.primary' }}>There is no database that you may see.</Typography>;
  }
  return (
    <>
      <Box component="table" sx={LINES}>
        <caption style={visuallyHidden}>Databases by what they use</caption>
        <thead>
          <tr>
            <th scope="col">Database</th>
            {COLUMNS.map(([key, label, , isWide]) => (
              <th key={key} scope="col" className={isWide ? 'number wide' : 'number'}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.slice(0, most).map((item) => (
            <tr key={`${item.namespace}/${item.name}`}>
              <th scope="row">
                <Link href={databasePath(item.namespace, item.name)}>{item.name}</Link>{' '}
                <Typography component="span" variant="body2" color="text.secondary">
                  {item.namespace}
                </Typography>
              </th>
              {COLUMNS.map(([key, , unit, isWide]) => (
                <td key={key} className={isWide ? 'number wide' : 'number'}>
                  {format(item[key], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Box>
      {items.length > most && (
        <Typography variant="body2" sx={{ mt: 1 }}>
          <Link href={HOME}>{`All ${items.length} databases`}</Link>
        </Typography>
      )}
    </>
  );
}

const SEVERITIES: Record<string, 'error' | 'warning' | undefined> = { critical: 'error', error: 'error', page: 'error', warning: 'warning' };

/** What fires; what is pending is said in a word. */
export function Alerts({ found, most }: { found: Found<FoundAlert>; most: number }) {
  if (found.problem) return <ProblemView problem={found.problem} />;
  const firing = found.items.filter(({ state }) => state === 'firing');
  const pending = found.items.length - firing.length;
  const more = [firing.length > most ? `${firing.length - most} more fire` : '', pending > 0 ? `${pending} pending` : ''].filter(Boolean);
  return (
    <Box data-testid="metrics-alerts">
      {firing.length === 0 && <Alert severity="success">No alert fires.</Alert>}
      <Box component="ul" aria-label="Firing alerts" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1 }}>
        {firing.slice(0, most).map((alert, index) => (
          <Alert key={index} component="li" role="listitem" severity={SEVERITIES[alert.severity] ?? 'info'} sx={{ py: 0 }}>
            <strong>{alert.name}</strong>
            {` in ${alert.namespace}, `}
            {alert.severity && `${alert.severity}, `}
            {`for ${age(alert.since)}`}
            {alert.summary && <Box sx={{ overflowWrap: 'anywhere' }}>{alert.summary}</Box>}
          </Alert>
        ))}
      </Box>
      {more.length > 0 && (
        <Typography variant="body2" sx={{ mt: 1, color: 'text.secondary' }}>
          {more.join(', ')}
        </Typography>
      )}
    </Box>
  );
}
