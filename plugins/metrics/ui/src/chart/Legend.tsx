// The series of a chart as a table: how each is drawn, and its values. A name hides its line, and shows it again.
import Box from '@mui/material/Box';
import { visuallyHidden } from './hidden';
import type { LineStyle } from './style';

export interface LegendRow {
  name: string;
  style: LineStyle;
  isHidden: boolean;
  value: string;
  min: string;
  max: string;
}

interface LegendProps {
  title: string;
  /** What the first column of values is of. */
  when: string;
  rows: readonly LegendRow[];
  onToggle: (name: string) => void;
}

const TABLE = {
  width: '100%',
  borderCollapse: 'collapse',
  fontSize: 13,
  '& th, & td': { py: 0.25, px: 0.75, textAlign: 'right', whiteSpace: 'nowrap', fontWeight: 400, fontVariantNumeric: 'tabular-nums' },
  '& thead th': { color: 'text.secondary', position: 'sticky', top: 0, backgroundColor: 'background.paper' },
  '& th:first-of-type': { textAlign: 'left', width: '99%' },
  // Where there is little room, the range of a series is not shown.
  '@container (max-width: 340px)': { '& .range': { display: 'none' } },
} as const;

const NAME = {
  display: 'flex',
  alignItems: 'center',
  gap: 1,
  width: '100%',
  p: 0,
  border: 0,
  background: 'none',
  color: 'text.primary',
  font: 'inherit',
  textAlign: 'left',
  cursor: 'pointer',
  // A long name says at its end what it is of.
  '& span': { overflowWrap: 'anywhere', whiteSpace: 'normal' },
  '& svg': { flexShrink: 0 },
  '&[aria-pressed=false] span': { textDecoration: 'line-through', color: 'text.secondary' },
  '&:focus-visible': { outline: 2, outlineColor: 'primary.main', outlineStyle: 'solid' },
} as const;

export function Legend({ title, when, rows, onToggle }: LegendProps) {
  return (
    <Box role="region" aria-label={`Series of ${title}`} tabIndex={rows.length > 5 ? 0 : undefined} sx={{ maxHeight: 152, overflowY: 'auto' }}>
      <Box component="table" sx={TABLE}>
        <caption style={visuallyHidden}>{`Series of ${title}`}</caption>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">{when}</th>
            <th scope="col" className="range">
              min
            </th>
            <th scope="col" className="range">
              max
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, style, isHidden, value, min, max }) => (
            <tr key={name}>
              <th scope="row">
                <Box component="button" type="button" aria-pressed={!isHidden} title={name} onClick={() => onToggle(name)} sx={NAME}>
                  <svg width={28} height={8} aria-hidden="true">
                    <line x1={0} x2={28} y1={4} y2={4} stroke={style.color} strokeWidth={3} strokeDasharray={style.dashes || undefined} />
                  </svg>
                  <span>{name}</span>
                </Box>
              </th>
              <td>{value}</td>
              <td className="range">{min}</td>
              <td className="range">{max}</td>
            </tr>
          ))}
        </tbody>
      </Box>
    </Box>
  );
}
