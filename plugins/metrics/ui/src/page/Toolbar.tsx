// What is looked at, from when on, and how often anew.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { Choice } from '../../../../ui/src/Choice';
import { INTERVALS, RANGES, setPeriod, usePeriod } from './period';
import type { Polled } from './usePolled';

interface ToolbarProps {
  shown: Pick<Polled<unknown>, 'at' | 'refresh'>;
  /** Whether there is a range of time to choose. */
  hasRange?: boolean;
  children?: ReactNode;
}

export function Toolbar({ shown, hasRange = true, children }: ToolbarProps) {
  const { since, every } = usePeriod();
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'flex-end', mb: 2 }}>
      {children}
      {hasRange && <Choice label="Range" value={since} options={RANGES} onChange={(value) => setPeriod({ since: value })} />}
      <Choice label="Refresh" value={String(every)} options={INTERVALS} onChange={(value) => setPeriod({ every: Number(value) })} />
      <Button size="small" variant="outlined" onClick={shown.refresh}>
        Refresh now
      </Button>
      {shown.at !== undefined && (
        <Typography variant="body2" color="text.secondary" data-testid="metrics-at" sx={{ pb: 0.5 }}>
          as of {new Date(shown.at).toLocaleTimeString()}
        </Typography>
      )}
    </Box>
  );
}
