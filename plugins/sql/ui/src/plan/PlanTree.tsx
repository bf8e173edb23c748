// The server's plan: a step below those that use it, with what it costs alone.
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { spanOf } from '../results/format';
import { linesOf, type Plan, type PlanLine, type PlanNode } from './plan';

const LOOK = {
  flex: 1,
  minHeight: 120,
  overflow: 'auto',
  border: 1,
  borderColor: 'divider',
  borderRadius: 1,
  '& table': { borderCollapse: 'collapse', width: '100%', fontSize: 13 },
  '& th, & td': { textAlign: 'left', px: 1, py: 0.5, whiteSpace: 'nowrap', verticalAlign: 'top' },
  '& th': { position: 'sticky', top: 0, bgcolor: 'background.paper', fontWeight: 500, zIndex: 1 },
  '& .number': { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
  '& tr:focus': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: '-2px' },
  '& .step': { whiteSpace: 'normal', minWidth: 300 },
  '& .subject': { color: 'primary.main' },
  '& .details': { color: 'text.secondary', overflowWrap: 'anywhere' },
  '& .bar': { display: 'block', height: 6, borderRadius: 1, bgcolor: 'warning.main' },
  '& .track': { display: 'block', width: 80, mt: '6px', borderRadius: 1, bgcolor: 'action.hover' },
} as const;

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** How far the server's guess was off, in words. */
function misjudgement({ misjudged }: PlanNode): string | undefined {
  if (misjudged === undefined) return undefined;
  return misjudged > 1 ? `${numbers.format(Math.round(misjudged))} times as many rows as expected` : `${numbers.format(Math.round(1 / misjudged))} times fewer rows than expected`;
}

export function PlanTree({ plan }: { plan: Plan }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState(plan.root.id);
  const lines = useMemo(() => linesOf(plan.root, closed), [plan, closed]);
  const isMeasured = plan.root.time !== undefined;

  const toggle = (node: PlanNode, isOpen: boolean): void => {
    const after = new Set(closed);
    if (isOpen) after.delete(node.id);
    else after.add(node.id);
    setClosed(after);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, { node }: PlanLine): void => {
    const at = lines.findIndex((line) => line.node.id === node.id);
    const isOpen = !closed.has(node.id);
    const focus = (to: number): void => {
      const line = lines[to];
      if (!line) return;
      setCurrent(line.node.id);
      (event.currentTarget.parentElement?.children[to] as HTMLElement | undefined)?.focus();
    };
    if (event.key === 'ArrowDown') focus(at + 1);
    else if (event.key === 'ArrowUp') focus(at - 1);
    else if (event.key === 'Home') focus(0);
    else if (event.key === 'End') focus(lines.length - 1);
    else if (event.key === 'ArrowRight' && node.children.length > 0 && !isOpen) toggle(node, true);
    else if (event.key === 'ArrowRight') focus(at + 1);
    else if (event.key === 'ArrowLeft' && node.children.length > 0 && isOpen) toggle(node, false);
    else if (event.key === 'ArrowLeft') focus(lines.findIndex((line) => line.node.id === node.id.replace(/\.\d+$/, '')));
    else return;
    event.preventDefault();
  };

  const whole = [
    plan.planning === undefined ? '' : `planning ${spanOf(plan.planning)}`,
    plan.execution === undefined ? '' : `execution ${spanOf(plan.execution)}`,
  ].filter(Boolean);
  return (
    <>
      <Typography variant="body2" color="text.secondary">
        {whole.length > 0 ? `Measured: ${whole.join(', ')}.` : 'Estimated: the statement was not run. “Measure” runs it.'}
      </Typography>
      <Box sx={LOOK} data-testid="sql-plan">
        <table role="treegrid" aria-label="Plan">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">{isMeasured ? 'Share of the time' : 'Share of the cost'}</th>
              {isMeasured && <th scope="col" className="number">Time</th>}
              <th scope="col" className="number">Rows</th>
              <th scope="col" className="number">Cost</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => {
              const { node, level, position, siblings } = line;
              const hasBelow = node.children.length > 0;
              const isOpen = !closed.has(node.id);
              return (
                <tr
                  key={node.id}
                  aria-level={level}
                  aria-posinset={position}
                  aria-setsize={siblings}
                  aria-expanded={hasBelow ? isOpen : undefined}
                  tabIndex={node.id === current ? 0 : -1}
                  onFocus={() => setCurrent(node.id)}
                  onKeyDown={(event) => onKeyDown(event, line)}
                  onClick={() => hasBelow && toggle(node, !isOpen)}
                >
                  <td className="step" style={{ paddingLeft: 8 + (level - 1) * 20 }}>
                    <span aria-hidden>{hasBelow ? (isOpen ? '▾ ' : '▸ ') : '\u2002 '}</span>
                    {node.label} {node.subject && <span className="subject">{node.subject}</span>}
                    {node.details.map(([name, value]) => (
                      <div key={name} className="details">{`${name}: ${value}`}</div>
                    ))}
                  </td>
                  <td>
                    <span className="track" role="img" aria-label={`${Math.round(node.share * 100)} %`}>
                      <span className="bar" style={{ width: `${Math.round(node.share * 100)}%` }} />
                    </span>
                  </td>
                  {isMeasured && <td className="number">{node.time === undefined ? '' : `${numbers.format(node.time)} ms`}</td>}
                  <td className="number">
                    {numbers.format(node.rows ?? node.planRows)}
                    {node.rows !== undefined && <div className="details">{`${numbers.format(node.planRows)} expected`}</div>}
                    {misjudgement(node) && <Typography component="div" variant="caption" sx={{ color: 'warning.main' }}>{misjudgement(node)}</Typography>}
                  </td>
                  <td className="number">{numbers.format(node.cost)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Box>
    </>
  );
}
