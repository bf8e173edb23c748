// The summary on the page of all databases.
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import type { MetricsClient } from '../answer/client';
import { Alerts, summary, TopDatabases } from './Overview';
import { HOME } from './paths';
import { usePeriod } from './period';
import { Shown } from './Shown';
import { usePolled } from './usePolled';

const ROWS = 5;
const ALERTS = 3;

export function DatabaseWidget({ client }: { client: MetricsClient }) {
  const { every } = usePeriod();
  const found = usePolled('', every, (signal) => summary(client, 'cpu', signal));
  return (
    <Box data-testid="metrics-widget" sx={{ containerType: 'inline-size', color: 'text.primary' }}>
      <Shown polled={found} what="metrics">
        {({ alerts, databases }) => (
          <Box sx={{ display: 'grid', gap: 2 }}>
            <Alerts found={alerts} most={ALERTS} />
            <TopDatabases found={databases} most={ROWS} />
          </Box>
        )}
      </Shown>
      <Box sx={{ mt: 1, fontSize: 14 }}>
        <Link href={HOME}>All metrics</Link>
      </Box>
    </Box>
  );
}
