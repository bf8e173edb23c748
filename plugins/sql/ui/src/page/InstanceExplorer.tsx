// The explorer of one instance, with the choice of its database.
import LinearProgress from '@mui/material/LinearProgress';
import { useState, type ReactNode } from 'react';
import type { SqlClient } from '../answer/client';
import { Choice } from '../../../../ui/src/Choice';
import { Explorer } from './Explorer';
import { ProblemView } from '../../../../ui/src/ProblemView';
import { useList } from './useList';

interface InstanceProps {
  client: SqlClient;
  nonce: string | undefined;
  instance: string;
  namespace: string;
  /** The one to begin with. */
  database?: string | undefined;
  children?: ReactNode;
}

export function InstanceExplorer({ client, nonce, instance, namespace, database, children }: InstanceProps) {
  const [chosen, setChosen] = useState(database);
  const place = { instance, namespace };
  const databases = useList(`${namespace} ${instance}`, (signal) => client.databases(place, signal));
  if (databases.problem) {
    return (
      <>
        {children}
        <ProblemView problem={databases.problem} onRetry={databases.reload} />
      </>
    );
  }
  if (!databases.items) return <LinearProgress aria-label="loading databases" />;
  const names = databases.items.map(({ name }) => name);
  const current = chosen !== undefined && names.includes(chosen) ? chosen : (names.find((name) => name !== 'postgres') ?? names[0]);
  const options = names.map((name) => [name, name] as const);
  const target = current === undefined ? place : { ...place, database: current };
  return (
    <Explorer key={current ?? ''} client={client} nonce={nonce} target={target}>
      {children}
      <Choice label="Database" value={current ?? ''} options={options} onChange={setChosen} />
    </Explorer>
  );
}
