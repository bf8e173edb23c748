// Rows as a grid, of which only what can be seen exists. One cell is the current one: arrows move it, Ctrl+C copies it, Enter shows it
// whole.
import Box from '@mui/material/Box';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent, type MouseEvent } from 'react';
import { MONOSPACE } from '../../../../ui/src/frame';
import { asLine, inLine, widths } from './format';
import type { ResultStore } from './store';
import { ValueDialog } from './ValueDialog';

const HEIGHT = 26;
const HEAD = 42;
const SIZED_BY = 200;

const LOOK = {
  flex: 1,
  minHeight: 120,
  overflow: 'auto',
  position: 'relative',
  border: 1,
  borderColor: 'divider',
  borderRadius: 1,
  fontSize: 13,
  outlineOffset: '-2px',
  '&:focus-visible': { outline: '2px solid', outlineColor: 'primary.main' },
  '& .head': { position: 'sticky', top: 0, zIndex: 2, display: 'flex', bgcolor: 'background.paper', borderBottom: 1, borderColor: 'divider' },
  '& .row': { position: 'absolute', left: 0, top: 0, display: 'flex' },
  '& .row:hover': { bgcolor: 'action.hover' },
  '& .cell': { boxSizing: 'border-box', flex: 'none', px: 1, overflow: 'hidden', whiteSpace: 'pre', textOverflow: 'ellipsis', lineHeight: `${HEIGHT}px`, fontFamily: MONOSPACE },
  '& .number': { textAlign: 'right' },
  '& .null': { color: 'text.secondary', fontStyle: 'italic' },
  '& .current': { boxShadow: 'inset 0 0 0 2px var(--everest-color-primary-main)' },
  '& .count': { position: 'sticky', left: 0, zIndex: 1, color: 'text.secondary', bgcolor: 'background.paper', textAlign: 'right', borderRight: 1, borderColor: 'divider' },
  '& .title': { flex: 'none', boxSizing: 'border-box', px: 1, py: 0.5, overflow: 'hidden', whiteSpace: 'pre', lineHeight: '16px' },
  '& .title > span': { display: 'block', overflow: 'hidden', textOverflow: 'ellipsis', fontWeight: 500 },
  '& .title > small': { display: 'block', overflow: 'hidden', textOverflow: 'ellipsis', color: 'text.secondary', fontWeight: 400, fontSize: 11 },
} as const;

interface Place {
  row: number;
  column: number;
}

export function ResultsGrid({ store, onCopied }: { store: ResultStore; onCopied: (what: string) => void }) {
  useSyncExternalStore(store.subscribe, store.seen);
  const { columns, rows } = store;
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<Place>({ row: 0, column: 0 });
  const [shown, setShown] = useState<Place>();
  const sizedBy = Math.min(rows.length, SIZED_BY);
  const sizes = useMemo(() => widths(columns, rows), [columns, sizedBy]);
  const countWidth = Math.max(40, String(rows.length).length * 8 + 20);

  const down = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => HEIGHT, overscan: 10, scrollPaddingStart: HEAD });
  const across = useVirtualizer({
    count: columns.length,
    getScrollElement: () => place.current,
    estimateSize: (index) => sizes[index] ?? 0,
    horizontal: true,
    overscan: 3,
    scrollPaddingStart: countWidth,
  });
  useEffect(() => across.measure(), [sizes]);

  const move = (row: number, column: number): void => {
    const next = { row: Math.max(0, Math.min(rows.length - 1, row)), column: Math.max(0, Math.min(columns.length - 1, column)) };
    setCurrent(next);
    down.scrollToIndex(next.row);
    across.scrollToIndex(next.column);
  };
  const copy = (text: string, what: string): void => {
    navigator.clipboard?.writeText(text).then(
      () => onCopied(`Copied ${what}.`),
      () => onCopied('The browser does not allow to copy.'),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { row, column } = current;
    const jump = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(((place.current?.clientHeight ?? 0) - HEAD) / HEIGHT) - 1);
    const moves: Record<string, [number, number]> = {
      ArrowDown: [jump ? rows.length : row + 1, column],
      ArrowUp: [jump ? 0 : row - 1, column],
      ArrowRight: [row, jump ? columns.length : column + 1],
      ArrowLeft: [row, jump ? 0 : column - 1],
      PageDown: [row + page, column],
      PageUp: [row - page, column],
      Home: [jump ? 0 : row, 0],
      End: [jump ? rows.length : row, columns.length],
    };
    const to = moves[event.key];
    const line = rows[row];
    if (to) move(...to);
    else if (event.key === 'Enter' && line) setShown(current);
    else if (jump && event.key === 'c' && line && getSelection()?.isCollapsed !== false) {
      if (event.shiftKey) copy(asLine(line), `row ${row + 1}`);
      else copy(line[column] ?? '', 'the value');
    } else return;
    event.preventDefault();
  };
  /** The cell that was clicked. */
  const clicked = (event: MouseEvent): Place | undefined => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-column]');
    return cell ? { row: Number(cell.parentElement?.dataset['row']), column: Number(cell.dataset['column']) } : undefined;
  };

  const visible = across.getVirtualItems();
  const before = visible[0]?.start ?? 0;
  const width = countWidth + across.getTotalSize();
  const column = shown && columns[shown.column];
  return (
    <>
      <Box
        ref={place}
        role="grid"
        tabIndex={0}
        aria-label="Rows"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        aria-activedescendant={rows.length > 0 && columns.length > 0 ? `${id} ${current.row} ${current.column}`.replaceAll(' ', '-') : undefined}
        aria-keyshortcuts="Enter Control+C Control+Shift+C"
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const to = clicked(event);
          if (to) setCurrent(to);
        }}
        onDoubleClick={(event) => setShown(clicked(event))}
        sx={LOOK}
        data-testid="sql-grid"
      >
        <div className="head" role="row" aria-rowindex={1} style={{ width, minWidth: '100%', height: HEAD }}>
          <div className="count" role="columnheader" aria-colindex={1} aria-label="Row" style={{ width: countWidth, boxSizing: 'border-box', flex: 'none' }} />
          <div role="presentation" style={{ width: before, flex: 'none' }} />
          {visible.map(({ index, size }) => (
            <div key={index} role="columnheader" aria-colindex={index + 2} className={`title${columns[index]?.numeric ? ' number' : ''}`} style={{ width: size }} title={columns[index]?.name}>
              <span>{inLine(columns[index]?.name ?? '')}</span>
              <small>{columns[index]?.type}</small>
            </div>
          ))}
        </div>
        <div role="rowgroup" style={{ height: down.getTotalSize(), width, position: 'relative' }}>
          {down.getVirtualItems().map(({ index: row, start }) => (
            <div key={row} className="row" role="row" aria-rowindex={row + 2} data-row={row} style={{ transform: `translateY(${start}px)`, width, height: HEIGHT }}>
              <div className="cell count" role="rowheader" aria-colindex={1} style={{ width: countWidth }}>
                {row + 1}
              </div>
              <div role="presentation" style={{ width: before, flex: 'none' }} />
              {visible.map(({ index, size }) => {
                const value = rows[row]?.[index] ?? null;
                const isCurrent = current.row === row && current.column === index;
                const look = `cell${columns[index]?.numeric ? ' number' : ''}${value === null ? ' null' : ''}${isCurrent ? ' current' : ''}`;
                return (
                  <div
                    key={index}
                    id={`${id} ${row} ${index}`.replaceAll(' ', '-')}
                    role="gridcell"
                    aria-colindex={index + 2}
                    aria-selected={isCurrent}
                    data-column={index}
                    className={look}
                    style={{ width: size }}
                  >
                    {value === null ? 'NULL' : inLine(value)}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
      </Box>
      {shown && column && (
        <ValueDialog
          title={`${column.name}, row ${shown.row + 1}`}
          value={rows[shown.row]?.[shown.column] ?? null}
          onCopy={(value) => copy(value, 'the value')}
          onClose={() => {
            setShown(undefined);
            place.current?.focus();
          }}
        />
      )}
    </>
  );
}
