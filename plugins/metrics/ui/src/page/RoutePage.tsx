// `/plugins/metrics`: what is wrong and what uses most, `dashboards[/NAME[/NAMESPACE[/INSTANCE]]]`, and `query?expr=…`. The address says
// what is shown.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { partsOf } from '../../../../ui/src/address';
import { Choice } from '../../../../ui/src/Choice';
import type { MetricsClient } from '../answer/client';
import { Board } from './Board';
import { dashboardsOf } from './DatabaseTab';
import { Alerts, summary, TopDatabases } from './Overview';
import { boardPath, go, HOME, queryPath, SECTIONS, type Section } from './paths';
import { usePeriod } from './period';
import { QueryView } from './QueryView';
import { Shown } from './Shown';
import { Toolbar } from './Toolbar';
import { usePolled } from './usePolled';

interface RoutePageProps {
  client: MetricsClient;
  subPath: string;
}

const LABELS: Record<Section, string> = { overview: 'Overview', dashboards: 'Dashboards', query: 'Query' };
const PATHS: Record<Section, string> = { overview: HOME, dashboards: boardPath(undefined), query: queryPath('') };

export function RoutePage({ client, subPath }: RoutePageProps) {
  const [first, ...rest] = partsOf(subPath);
  const section = SECTIONS.find((name) => name === first) ?? 'overview';
  return (
    <Box sx={{ color: 'text.primary' }}>
      <Typography variant="h5" component="h1">
        Metrics
      </Typography>
      <Tabs value={section} aria-label="Metrics" onChange={(_, to: Section) => go(PATHS[to])} sx={{ mb: 2 }}>
        {SECTIONS.map((name) => (
          <Tab key={name} value={name} label={LABELS[name]} id={`metrics-tab-${name}`} aria-controls="metrics-section" />
        ))}
      </Tabs>
      <Box role="tabpanel" id="metrics-section" aria-labelledby={`metrics-tab-${section}`}>
        {section === 'overview' && <OverviewSection client={client} />}
        {section === 'dashboards' && <DashboardSection client={client} parts={rest} />}
        {section === 'query' && <QueryView client={client} />}
      </Box>
    </Box>
  );
}

const ORDERS = [
  ['cpu', 'CPU'],
  ['memory', 'Memory'],
  ['connections', 'Connections'],
  ['lag', 'Replication lag'],
  ['name', 'Name'],
] as const;

function OverviewSection({ client }: { client: MetricsClient }) {
  const [by, setBy] = useState('cpu');
  const { every } = usePeriod();
  const found = usePolled(by, every, (signal) => summary(client, by, signal));
  return (
    <>
      <Toolbar shown={found} hasRange={false}>
        <Choice label="Sort by" value={by} options={ORDERS} onChange={setBy} />
      </Toolbar>
      <Shown polled={found} what="metrics">
        {({ alerts, databases }) => (
          <Box sx={{ display: 'grid', gap: 3, containerType: 'inline-size' }}>
            <Alerts found={alerts} most={50} />
            <TopDatabases found={databases} most={Number.POSITIVE_INFINITY} />
          </Box>
        )}
      </Shown>
    </>
  );
}

const ALL = '';

function DashboardSection({ client, parts }: { client: MetricsClient; parts: readonly (string | undefined)[] }) {
  const [name, namespace, instance] = parts;
  const found = usePolled('', 0, async (signal) => {
    const dashboards = await client.dashboards(signal);
    return { dashboards, databases: await client.top('name', {}, signal) };
  });
  return (
    <Shown polled={found} what="dashboards">
      {({ dashboards, databases }) => {
        const database = databases.find((one) => one.name === instance && one.namespace === namespace);
        const fits = instance === undefined ? dashboards.filter(({ problem }) => problem === undefined) : dashboardsOf(dashboards, database?.provider);
        const shown = fits.find((one) => one.name === name) ?? fits[0];
        const wrong = dashboards.filter(({ problem }) => problem !== undefined);
        const onDatabase = (to: string): void => {
          const chosen = databases.find((one) => `${one.namespace}/${one.name}` === to);
          go(boardPath(shown?.name, chosen?.namespace, chosen?.name));
        };
        const options = databases.map((one) => [`${one.namespace}/${one.name}`, `${one.name} (${one.namespace})`] as const);
        const choice = (
          <Choice
            label="Database"
            value={database ? `${database.namespace}/${database.name}` : ALL}
            options={[[ALL, 'all'], ...options]}
            onChange={onDatabase}
          />
        );
        return (
          <>
            {wrong.map(({ name: file, problem }) => (
              <Alert key={file} severity="warning" sx={{ mb: 1 }}>
                {problem}
              </Alert>
            ))}
            {instance !== undefined && !database && (
              <Alert severity="warning" sx={{ mb: 2 }}>
                There is no database {instance} in {namespace} that you may see.
              </Alert>
            )}
            {shown ? (
              <Board client={client} name={shown.name} scope={{ namespace, instance }}>
                <Choice
                  label="Dashboard"
                  value={shown.name}
                  options={fits.map((one) => [one.name, one.title] as const)}
                  onChange={(to) => go(boardPath(to, namespace, instance))}
                />
                {choice}
              </Board>
            ) : (
              <>
                {choice}
                <Alert severity="info" sx={{ mt: 2 }}>
                  There is no dashboard of this database.
                </Alert>
              </>
            )}
          </>
        );
      }}
    </Shown>
  );
}
