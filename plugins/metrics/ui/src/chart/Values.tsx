// The last values of series: with a bar for each, or alone and large.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { Series } from '../answer/client';
import { format, numberOf } from '../answer/format';

interface ValuesProps {
  title: string;
  unit: string;
  series: readonly Series[];
}

const BARS = {
  width: '100%',
  borderCollapse: 'collapse',
  fontSize: 13,
  '& th, & td': { py: 0.5, pr: 1, fontWeight: 400, textAlign: 'left', whiteSpace: 'nowrap' },
  '& th': { maxWidth: 180, overflow: 'hidden', textOverflow: 'ellipsis' },
  '& td:last-child': { textAlign: 'right', pr: 0, fontVariantNumeric: 'tabular-nums' },
} as const;

/** Bars are as long as their values, from zero; of what is below zero there is only the number. Of shares, the whole is 100. */
export function Bars({ title, unit, series }: ValuesProps) {
  const most = Math.max(...series.map(({ value }) => numberOf(value) ?? 0), unit === '%' ? 100 : 0);
  return (
    <Box role="region" aria-label={`Values of ${title}`} tabIndex={series.length > 9 ? 0 : undefined} sx={{ maxHeight: 322, overflowY: 'auto' }}>
      <Box component="table" aria-label={title} sx={BARS}>
        <tbody>
          {series.map(({ name, value }) => {
            const share = most > 0 ? Math.max(0, (numberOf(value) ?? 0) / most) : 0;
            return (
              <tr key={name}>
                <th scope="row" title={name}>
                  {name}
                </th>
                <Box component="td" aria-hidden="true" sx={{ width: '99%' }}>
                  <svg width="100%" height={12} preserveAspectRatio="none" viewBox="0 0 100 12">
                    <Box component="rect" width={100} height={12} sx={{ fill: (theme) => theme.palette.action.hover }} />
                    <Box component="rect" width={share * 100} height={12} sx={{ fill: (theme) => theme.palette.primary.main }} />
                  </svg>
                </Box>
                <td>{format(value, unit)}</td>
              </tr>
            );
          })}
        </tbody>
      </Box>
    </Box>
  );
}

export function Numbers({ title, unit, series }: ValuesProps) {
  return (
    <Box component="dl" aria-label={title} sx={{ m: 0, display: 'flex', flexWrap: 'wrap', gap: 3, maxHeight: 322, overflowY: 'auto' }}>
      {series.map(({ name, value }) => (
        <Box key={name} sx={{ display: 'flex', flexDirection: 'column-reverse' }}>
          <Typography component="dt" variant="body2" color="text.secondary">
            {name}
          </Typography>
          <Typography component="dd" variant="h4" sx={{ m: 0, fontVariantNumeric: 'tabular-nums' }}>
            {format(value, unit)}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
