// What became of each bundle, what went wrong, what was asked of backends, and what can be tried.
import {
  Box,
  Button,
  Chip,
  FormControlLabel,
  MenuItem,
  Paper,
  Stack,
  Switch,
  Tab,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
  Tabs,
  TextField,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { FAULTS, FAULT_LABELS, type Fault } from '../contract/faults';
import type { LoadedPlugin, PluginState } from '../contract/loader';
import { journal, useJournal, useSentRequests, useShell } from '../shell/state';

const COLORS: Record<PluginState, 'default' | 'success' | 'warning' | 'error'> = {
  waiting: 'default',
  loading: 'default',
  loaded: 'success',
  skipped: 'warning',
  failed: 'error',
};

export function DeveloperPanel({ onClose }: { onClose: () => void }) {
  const { plugins, fault, setFault, reloads, setReloads } = useShell();
  const entries = useJournal();
  const requests = useSentRequests();
  const [tab, setTab] = useState<'plugins' | 'events' | 'requests'>('plugins');
  return (
    <Paper
      square
      component="section"
      aria-label="Plugins of this page"
      data-testid="developer-panel"
      elevation={0}
      sx={{ height: '38vh', flexShrink: 0, display: 'flex', flexDirection: 'column', borderTop: 1, borderColor: 'divider' }}
    >
      <Stack direction="row" spacing={2} useFlexGap sx={{ alignItems: 'center', flexWrap: 'wrap', px: 2, pt: 1 }}>
        <Tabs value={tab} onChange={(_, next: typeof tab) => setTab(next)} aria-label="Developer panel">
          <Tab value="plugins" label={`Plugins (${plugins.length})`} />
          <Tab value="events" label={`Events (${entries.length})`} />
          <Tab value="requests" label={`Requests (${requests.length})`} />
        </Tabs>
        <Box sx={{ flexGrow: 1 }} />
        <TextField
          select
          size="small"
          label="Fault of api.fetch"
          value={fault}
          onChange={(event) => setFault(event.target.value as Fault)}
          sx={{ minWidth: 190 }}
        >
          {FAULTS.map((name) => (
            <MenuItem key={name} value={name}>
              {FAULT_LABELS[name]}
            </MenuItem>
          ))}
        </TextField>
        <FormControlLabel
          control={<Switch checked={reloads} onChange={(event) => setReloads(event.target.checked)} />}
          label="Reload on change"
        />
        <Button size="small" onClick={onClose}>
          Close
        </Button>
      </Stack>
      <Box tabIndex={0} role="region" aria-label="Content of the panel" sx={{ overflow: 'auto', flexGrow: 1, px: 2, pb: 2 }}>
        {tab === 'plugins' && <Plugins plugins={plugins} />}
        {tab === 'events' && <Events />}
        {tab === 'requests' && <Requests />}
      </Box>
    </Paper>
  );
}

function Plugins({ plugins }: { plugins: readonly LoadedPlugin[] }) {
  return (
    <Table size="small" aria-label="Plugins">
      <TableHead>
        <TableRow>
          <TableCell>Plugin</TableCell>
          <TableCell>State</TableCell>
          <TableCell align="right">Bundle</TableCell>
          <TableCell align="right">Time</TableCell>
          <TableCell>Registered, or why not</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {plugins.map((plugin) => (
          <TableRow key={plugin.name} data-testid={`state-${plugin.name}`}>
            <TableCell component="th" scope="row" sx={{ whiteSpace: 'nowrap' }}>
              {plugin.name}
            </TableCell>
            <TableCell>
              <Chip size="small" variant="outlined" color={COLORS[plugin.state]} label={plugin.state} />
            </TableCell>
            <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>{plugin.bytes === undefined ? '' : `${(plugin.bytes / 1000).toFixed(1)} kB`}</TableCell>
            <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>{plugin.milliseconds === undefined ? '' : `${plugin.milliseconds} ms`}</TableCell>
            <TableCell sx={{ overflowWrap: 'anywhere' }}>
              {plugin.why && <div>{plugin.why}</div>}
              {plugin.extensions.map((extension) => extension.label ? `${extension.type} "${extension.label}"` : extension.type).join(', ')}
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function Events() {
  const entries = useJournal();
  return (
    <>
      <Button size="small" onClick={() => journal.clear()}>
        Clear
      </Button>
      <Table size="small" aria-label="Events">
        <TableBody>
          {[...entries].reverse().map((entry) => (
            <TableRow key={entry.id}>
              <TableCell sx={{ whiteSpace: 'nowrap' }}>{new Date(entry.time).toLocaleTimeString()}</TableCell>
              <TableCell component="th" scope="row">
                {entry.plugin}
              </TableCell>
              <TableCell>{entry.level}</TableCell>
              <TableCell sx={{ width: '100%', overflowWrap: 'anywhere' }}>
                {entry.text}
                {entry.count > 1 && ` (${entry.count} times)`}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </>
  );
}

function Requests() {
  const requests = useSentRequests();
  if (requests.length === 0) return <Typography sx={{ pt: 1 }}>No bundle has called api.fetch yet.</Typography>;
  return (
    <Table size="small" aria-label="Requests of bundles">
      <TableHead>
        <TableRow>
          <TableCell>Plugin</TableCell>
          <TableCell>Request</TableCell>
          <TableCell>Response</TableCell>
          <TableCell align="right">Time</TableCell>
          <TableCell>On the command line</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {requests.map((request, index) => (
          <TableRow key={requests.length - index}>
            <TableCell component="th" scope="row">
              {request.plugin}
            </TableCell>
            <TableCell sx={{ overflowWrap: 'anywhere' }}>{`${request.method} ${request.path}`}</TableCell>
            <TableCell>{request.status}</TableCell>
            <TableCell align="right">{`${request.milliseconds} ms`}</TableCell>
            <TableCell sx={{ width: '45%' }}>
              <Stack direction="row" spacing={1} sx={{ alignItems: 'center' }}>
                <Box component="code" sx={{ overflowWrap: 'anywhere' }}>
                  {request.command}
                </Box>
                <Button size="small" onClick={() => void navigator.clipboard.writeText(request.command)}>
                  Copy
                </Button>
              </Stack>
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
