// The dashboards of one database.
import Alert from '@mui/material/Alert';
import { useState } from 'react';
import { Choice } from '../../../../ui/src/Choice';
import type { DashboardSummary, MetricsClient } from '../answer/client';
import { Board } from './Board';
import { Shown } from './Shown';
import { usePolled } from './usePolled';

/** Those that can show one database, and are of those of its provider. What is made for it comes first. */
export function dashboardsOf(all: readonly DashboardSummary[], provider: string | undefined): DashboardSummary[] {
  const fits = all.filter(({ instance, providers, problem }) => {
    return instance && problem === undefined && (providers.length === 0 || provider === undefined || providers.includes(provider));
  });
  return [...fits.filter(({ providers }) => providers.length > 0), ...fits.filter(({ providers }) => providers.length === 0)];
}

interface DatabaseTabProps {
  client: MetricsClient;
  namespace: string;
  instance: string;
  provider: string | undefined;
}

export function DatabaseTab({ client, namespace, instance, provider }: DatabaseTabProps) {
  const [chosen, setChosen] = useState<string>();
  const all = usePolled('', 0, (signal) => client.dashboards(signal));
  return (
    <Shown polled={all} what="dashboards">
      {(found) => {
        const fits = dashboardsOf(found, provider);
        const shown = fits.find(({ name }) => name === chosen) ?? fits[0];
        if (!shown) {
          return (
            <Alert severity="info">
              There is no dashboard of a database of {provider ?? 'this kind'}. Whoever runs the plugin can add one: a YAML file in its folder of dashboards whose
              expressions name <code>$instance</code>.
            </Alert>
          );
        }
        return (
          <Board client={client} name={shown.name} scope={{ namespace, instance }}>
            <Choice label="Dashboard" value={shown.name} options={fits.map(({ name, title }) => [name, title] as const)} onChange={setChosen} />
          </Board>
        );
      }}
    </Shown>
  );
}
