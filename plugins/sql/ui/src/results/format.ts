// Values as they stand in a line; pure.
import type { Cell, Column, Row } from '../answer/rows';

/** No cell shows more: the whole value is in a window of its own. */
const LONGEST = 300;
/** How wide a sign is at the size of the grid, what stands beside a value, and the bounds, in pixels. */
const SIGN = 7.9;
const BESIDE = 22;
const NARROWEST = 56;
const WIDEST = 380;
/** So many rows say how wide a column is. */
const LOOKED_AT = 200;

/** A value in one line: what would break it is shown by its picture. */
export function inLine(value: string): string {
  const cut = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  return cut.replace(/[\u0000-\u001f]/g, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0))).replace(/\u007f/g, '\u2421');
}

export function widths(columns: readonly Column[], rows: readonly Row[]): number[] {
  return columns.map(({ name, type }, index) => {
    let longest = Math.max(name.length, type.length);
    for (const row of rows.slice(0, LOOKED_AT)) longest = Math.max(longest, row[index]?.length ?? 4);
    return Math.round(Math.min(WIDEST, Math.max(NARROWEST, longest * SIGN + BESIDE)));
  });
}

/** A row as spreadsheets take it from the clipboard. */
export function asLine(row: readonly Cell[]): string {
  return row.map((value) => (value ?? '').replace(/[\t\r\n]/g, ' ')).join('\t');
}

export const spanOf = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 60_000)} min`;
