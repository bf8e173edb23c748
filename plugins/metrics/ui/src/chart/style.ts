// What tells series apart: a colour, and without colours the dashes of the line.
import type { Theme } from '@mui/material/styles';

// Colours that differ for people who see fewer of them, dark enough on white, and light enough on dark (3:1 and more).
const LIGHT = ['#0E5FB5', '#B5460F', '#00745B', '#8A3FA0', '#7A5B00', '#B10850', '#4A5568', '#006E8A'];
const DARK = ['#62AEFF', '#FF9E64', '#51BAA2', '#CF9BE6', '#FFD866', '#FF8FB8', '#C3CAD8', '#5CD0E8'];
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '2 2 8 2', '1 4'];

export interface LineStyle {
  color: string;
  dashes: string;
}

export function lineStyle(theme: Theme, index: number): LineStyle {
  const colors = theme.palette.mode === 'dark' ? DARK : LIGHT;
  // After the last colour the dashes go on by one, so that no two of 64 series are the same.
  const round = Math.floor(index / colors.length);
  return { color: colors[index % colors.length] as string, dashes: DASHES[(index + round) % DASHES.length] as string };
}
