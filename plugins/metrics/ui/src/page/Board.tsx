// All panels of a dashboard.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';
import type { MetricsClient, Scope } from '../answer/client';
import { PanelView } from './PanelView';
import { usePeriod } from './period';
import { Shown } from './Shown';
import { Toolbar } from './Toolbar';
import { usePolled } from './usePolled';

interface BoardProps {
  client: MetricsClient;
  name: string;
  scope: Scope;
  /** What else is chosen. */
  children?: ReactNode;
}

export function Board({ client, name, scope, children }: BoardProps) {
  const { since, every } = usePeriod();
  const key = JSON.stringify([name, scope, since]);
  const board = usePolled(key, every, (signal) => client.dashboard(name, scope, since, signal));
  return (
    <>
      <Toolbar shown={board}>{children}</Toolbar>
      <Shown polled={board} what="dashboard">
        {({ panels, series, since: from, until, step }) =>
          series.length === 0 && panels.every(({ problem }) => problem === undefined) ? (
            <Alert severity="info">
              There are no metrics {scope.instance === undefined ? 'of this dashboard' : `of ${scope.instance}`} in this range. Choose a longer one, or look whether
              Prometheus scrapes an exporter of it, with labels for namespace and pod.
            </Alert>
          ) : (
            <Box data-testid="metrics-panels" sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 400px), 1fr))' }}>
              {panels.map((panel) => (
                <PanelView
                  key={panel.title}
                  panel={panel}
                  series={series.filter((one) => one.panel === panel.title)}
                  since={Date.parse(from)}
                  until={Date.parse(until)}
                  step={step}
                />
              ))}
            </Box>
          )
        }
      </Shown>
    </>
  );
}
