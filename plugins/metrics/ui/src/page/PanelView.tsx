// A panel: what it shows, as its file says.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Bars, Numbers } from '../chart/Values';
import { LineChart } from '../chart/LineChart';
import type { Panel, Series } from '../answer/client';
import { unitLabel } from '../answer/format';

interface PanelViewProps {
  panel: Panel;
  series: readonly Series[];
  since: number;
  until: number;
  step: number;
}

export function PanelView({ panel, series, since, until, step }: PanelViewProps) {
  const { title, unit, kind, problem } = panel;
  // “Connections” need not be said to be connections.
  const label = unit === title.toLowerCase() ? '' : unitLabel(unit);
  return (
    <Box
      component="section"
      aria-label={title}
      sx={{ p: 2, minWidth: 0, border: 1, borderColor: 'divider', borderRadius: 1, backgroundColor: 'background.paper', color: 'text.primary', containerType: 'inline-size' }}
    >
      <Typography variant="subtitle1" component="h2" sx={{ mb: 1 }}>
        {title}
        {label && (
          <Typography component="span" variant="body2" color="text.secondary">
            {` (${label})`}
          </Typography>
        )}
      </Typography>
      {problem && <Alert severity="error">{problem}</Alert>}
      {!problem && series.length === 0 && (
        <Typography variant="body2" color="text.secondary">
          No values in this range.
        </Typography>
      )}
      {series.length > 0 && kind === 'line' && <LineChart title={title} unit={unit} series={series} since={since} until={until} step={step} />}
      {series.length > 0 && kind === 'bar' && <Bars title={title} unit={unit} series={series} />}
      {series.length > 0 && kind === 'value' && <Numbers title={title} unit={unit} series={series} />}
    </Box>
  );
}
