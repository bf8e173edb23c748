// Lines over time, with a legend that is a table. A cursor gives the values of a moment: to the mouse, to the keyboard, and, as a
// slider, to a screen reader.
import Box from '@mui/material/Box';
import { useTheme } from '@mui/material/styles';
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Series } from '../answer/client';
import { format, moment } from '../answer/format';
import { Legend, type LegendRow } from './Legend';
import { axis, parts, timeTicks, valueAt, type Place } from './scale';
import { lineStyle } from './style';
import { useWidth } from './useWidth';

const HEIGHT = 170;
const TOP = 8;
const BOTTOM = 20;
const RIGHT = 10;
const LETTER = 6.6;
/** Half of what the label of a moment needs. */
const LABEL = 28;

interface LineChartProps {
  title: string;
  unit: string;
  series: readonly Series[];
  /** The range in milliseconds, and the seconds between two points. */
  since: number;
  until: number;
  step: number;
}

export function LineChart({ title, unit, series, since, until, step }: LineChartProps) {
  const theme = useTheme();
  const [element, width] = useWidth();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<number>();
  const lines = useMemo(
    () => series.map((one, index) => ({ name: one.name, style: lineStyle(theme, index), line: parts(one.points ?? [], step), series: one })),
    [series, step, theme],
  );
  const shown = lines.filter(({ name }) => !hidden.has(name));
  const values = shown.flatMap(({ line }) => line.flatMap((part) => part.map((place) => place.value)));
  const vertical = axis(values, 4, unit.startsWith('bytes') ? 2 : 10);
  const labels = vertical.ticks.map((tick) => format(tick, unit));
  const left = Math.ceil(Math.max(...labels.map((label) => label.length)) * LETTER) + 8;
  const inner = Math.max(1, width - left - RIGHT);
  const x = (time: number): number => left + ((time - since) / (until - since)) * inner;
  const y = (value: number): number => TOP + (1 - (value - vertical.from) / (vertical.to - vertical.from)) * (HEIGHT - TOP - BOTTOM);
  const last = Math.max(0, Math.floor((until - since) / (step * 1000)));
  const timeOf = (index: number): number => since + index * step * 1000;
  const range = until - since;
  const at = cursor === undefined ? undefined : timeOf(Math.min(cursor, last));

  const onPointer = (event: PointerEvent<HTMLElement>): void => {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    setCursor(Math.min(last, Math.max(0, Math.round(((place / inner) * range) / (step * 1000)))));
  };
  const onKey = (event: KeyboardEvent): void => {
    const from = cursor ?? last;
    const to: Record<string, number | undefined> = {
      ArrowLeft: from - 1,
      ArrowDown: from - 1,
      ArrowRight: from + 1,
      ArrowUp: from + 1,
      PageDown: from - 10,
      PageUp: from + 10,
      Home: 0,
      End: last,
    };
    const next = to[event.key];
    if (event.key === 'Escape') setCursor(undefined);
    else if (next !== undefined) setCursor(Math.min(last, Math.max(0, next)));
    else return;
    event.preventDefault();
  };
  const valueThere = (line: readonly Place[][]): number | undefined => valueAt(line, at ?? timeOf(last), step);
  const spoken = shown.map(({ name, line }) => `${name} ${valueThere(line) === undefined ? 'no value' : format(valueThere(line), unit)}`);
  const rows: LegendRow[] = lines.map(({ name, style, line, series: one }) => ({
    name,
    style,
    isHidden: hidden.has(name),
    value: at === undefined ? format(one.value, unit) : format(valueThere(line), unit),
    min: format(one.min, unit),
    max: format(one.max, unit),
  }));
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <>
      <Box
        ref={element}
        role="slider"
        tabIndex={0}
        aria-label={`Moment in ${title}`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={Math.min(cursor ?? last, last)}
        aria-valuetext={`${moment(at ?? timeOf(last), range)}: ${spoken.slice(0, 10).join(', ')}`}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => setCursor(undefined)}
        onBlur={() => setCursor(undefined)}
        onKeyDown={onKey}
        sx={{ height: HEIGHT, touchAction: 'pan-y', '&:focus-visible': { outline: 2, outlineColor: 'primary.main', outlineStyle: 'solid', outlineOffset: -2 } }}
      >
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden="true" fontSize={12} fontFamily={theme.typography.fontFamily} fill={theme.palette.text.secondary}>
            {vertical.ticks.map((tick, index) => (
              <g key={tick}>
                <line x1={left} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} stroke={theme.palette.divider} />
                <text x={left - 6} y={y(tick) + 4} textAnchor="end">
                  {labels[index]}
                </text>
              </g>
            ))}
            {timeTicks(since, until, Math.max(2, Math.floor(inner / 90))).map((tick) => (
              <g key={tick}>
                <line x1={x(tick)} x2={x(tick)} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM + 4} stroke={theme.palette.text.secondary} />
                {x(tick) >= left + LABEL && x(tick) <= width - LABEL && (
                  <text x={x(tick)} y={HEIGHT - 4} textAnchor="middle">
                    {moment(tick, range)}
                  </text>
                )}
              </g>
            ))}
            {shown.map(({ name, style, line }) => (
              <g key={name} data-series={name} stroke={style.color} fill="none" strokeWidth={2} strokeLinejoin="round">
                {line.map((part) => <Part key={part[0]?.time} part={part} x={x} y={y} dashes={style.dashes} color={style.color} />)}
              </g>
            ))}
            {at !== undefined && (
              <g>
                <line x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} stroke={theme.palette.text.secondary} strokeDasharray="3 3" />
                {shown.map(({ name, style, line }) => {
                  const value = valueThere(line);
                  return value === undefined ? null : <circle key={name} cx={x(at)} cy={y(value)} r={4} fill={style.color} />;
                })}
              </g>
            )}
          </svg>
        )}
      </Box>
      <Legend title={title} when={at === undefined ? 'last' : moment(at, range)} rows={rows} onToggle={toggle} />
    </>
  );
}

interface PartProps {
  part: readonly Place[];
  x: (time: number) => number;
  y: (value: number) => number;
  dashes: string;
  color: string;
}

/** What is between two gaps. A point alone is a dot. */
function Part({ part, x, y, dashes, color }: PartProps) {
  const [first] = part;
  if (part.length === 1 && first) return <circle cx={x(first.time)} cy={y(first.value)} r={2.5} fill={color} stroke="none" />;
  const path = part.map(({ time, value }, index) => `${index === 0 ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  return <path d={path} strokeDasharray={dashes || undefined} />;
}
