// `/plugins/sql[/NAMESPACE/INSTANCE[/DATABASE]]`: the explorer with the choice of an instance.
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { partsOf } from '../../../../ui/src/address';
import type { Instance, SqlClient } from '../answer/client';
import { Choice } from '../../../../ui/src/Choice';
import { InstanceExplorer } from './InstanceExplorer';
import { ProblemView } from '../../../../ui/src/ProblemView';
import { useList } from './useList';

interface RoutePageProps {
  client: SqlClient;
  nonce: string | undefined;
  subPath: string;
}

const nameOf = ({ namespace, name }: Instance): string => `${namespace}/${name}`;

/** The instance that was looked at last, for as long as the page is open. */
let latest = '';

export function RoutePage({ client, nonce, subPath }: RoutePageProps) {
  const [namespace, instance, database] = partsOf(subPath);
  const [chosen, setChosen] = useState(namespace && instance ? `${namespace}/${instance}` : latest);
  const instances = useList('', (signal) => client.instances(signal));
  const all = instances.items ?? [];
  const found = all.find((one) => nameOf(one) === chosen) ?? all[0];
  const isNamed = found !== undefined && found.namespace === namespace && found.name === instance;
  const onChange = (to: string): void => {
    latest = to;
    setChosen(to);
  };
  return (
    <>
      <Typography variant="h5" component="h1" sx={{ mb: 2, color: 'text.primary' }}>
        SQL explorer
      </Typography>
      {instances.problem && <ProblemView problem={instances.problem} onRetry={instances.reload} />}
      {!instances.items && !instances.problem && <LinearProgress aria-label="loading instances" />}
      {instances.items && !found && <Typography sx={{ color: 'text.primary' }}>There is no PostgreSQL instance that you may see.</Typography>}
      {found && (
        <InstanceExplorer
          key={nameOf(found)}
          client={client}
          nonce={nonce}
          instance={found.name}
          namespace={found.namespace}
          database={isNamed ? database : undefined}
        >
          <Choice
            label="Instance"
            value={nameOf(found)}
            options={all.map((one) => [nameOf(one), `${one.name} (${one.namespace})`] as const)}
            onChange={onChange}
          />
        </InstanceExplorer>
      )}
    </>
  );
}
