// The statements that were run before, to be taken up again.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import OutlinedInput from '@mui/material/OutlinedInput';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { MONOSPACE } from '../../../../ui/src/frame';
import { spanOf } from '../results/format';
import type { HistoryEntry } from './history';

interface HistoryProps {
  entries: readonly HistoryEntry[];
  onUse: (entry: HistoryEntry) => void;
  onClear: () => void;
}

export function HistoryList({ entries, onUse, onClear }: HistoryProps) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const shown = entries.filter(({ sql }) => sql.toLowerCase().includes(wanted));
  return (
    <>
      <Stack direction="row" spacing={1} sx={{ alignItems: 'center' }}>
        <OutlinedInput
          size="small"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          placeholder="Find a statement"
          inputProps={{ 'aria-label': 'Find a statement', type: 'search' }}
        />
        <Typography variant="body2" color="text.secondary" sx={{ flex: 1 }}>
          Kept in this browser, without those that name a password.
        </Typography>
        <Button size="small" onClick={onClear} disabled={entries.length === 0}>
          Clear
        </Button>
      </Stack>
      {shown.length === 0 && <Typography sx={{ p: 2 }}>{entries.length === 0 ? 'No statement was run yet.' : 'No statement has this in it.'}</Typography>}
      <Box component="ul" sx={{ flex: 1, minHeight: 120, overflow: 'auto', m: 0, p: 0, listStyle: 'none' }} data-testid="sql-history">
        {shown.map((entry) => (
          <Box component="li" key={`${entry.time} ${entry.sql}`} sx={{ display: 'flex', gap: 1, alignItems: 'flex-start', py: 0.5, borderBottom: 1, borderColor: 'divider' }}>
            <Box sx={{ flex: 1, minWidth: 0 }}>
              <Box component="pre" sx={{ m: 0, fontFamily: MONOSPACE, fontSize: 13, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxHeight: 80, overflow: 'hidden' }}>
                {entry.sql}
              </Box>
              <Typography variant="caption" sx={{ color: entry.failed ? 'error.main' : 'text.secondary' }}>
                {[new Date(entry.time).toLocaleString(), `${entry.namespace}/${entry.instance}${entry.database ? `/${entry.database}` : ''}`, entry.outcome, spanOf(entry.milliseconds)].join(' · ')}
              </Typography>
            </Box>
            <Button size="small" onClick={() => onUse(entry)} aria-label={`Use ${entry.sql.slice(0, 80)}`}>
              Use
            </Button>
          </Box>
        ))}
      </Box>
    </>
  );
}
