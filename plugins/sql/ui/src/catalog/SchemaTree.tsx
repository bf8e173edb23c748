// The schema tree, of which only the lines that can be seen exist.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import OutlinedInput from '@mui/material/OutlinedInput';
import Stack from '@mui/material/Stack';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { linesOf, type TreeLine } from './tree';
import type { LiveCatalog } from './useCatalog';

const HEIGHT = 26;

const LOOK = {
  flex: 1,
  minHeight: 120,
  overflow: 'auto',
  fontSize: 13,
  border: 1,
  borderColor: 'divider',
  borderRadius: 1,
  '& .tree': { position: 'relative', width: '100%' },
  '& .line': { position: 'absolute', left: 0, top: 0, width: '100%', height: HEIGHT, lineHeight: `${HEIGHT}px`, display: 'flex', gap: 0.75, pr: 1, boxSizing: 'border-box', cursor: 'pointer', whiteSpace: 'nowrap' },
  '& .line:hover': { bgcolor: 'action.hover' },
  '& .current': { bgcolor: 'action.selected' },
  '& .label': { overflow: 'hidden', textOverflow: 'ellipsis', flex: '0 1 auto' },
  '& .note': { color: 'text.secondary', fontSize: 12, overflow: 'hidden', textOverflow: 'ellipsis', flex: '1 1 0' },
  '& .arrow': { width: 14, flex: 'none' },
  '& .message': { color: 'text.secondary', fontStyle: 'italic' },
} as const;

interface SchemaTreeProps {
  live: LiveCatalog;
  onShowRows: (line: TreeLine) => void;
  onInsert: (name: string) => void;
}

export function SchemaTree({ live, onShowRows, onInsert }: SchemaTreeProps) {
  const { catalog, open, toggle, reload } = live;
  const id = useId();
  const [filter, setFilter] = useState('');
  const [current, setCurrent] = useState('');
  const place = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => linesOf(catalog, open, filter), [catalog, open, filter]);
  const found = lines.findIndex((line) => line.id === current);
  const at = Math.max(0, found);
  const line = found < 0 ? undefined : lines[found];
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => place.current, estimateSize: () => HEIGHT, overscan: 8 });
  const focusAt = useRef(false);

  // The line with the focus has to exist before it can have it.
  useEffect(() => {
    if (!focusAt.current) return;
    focusAt.current = false;
    place.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });

  const go = (to: number): void => {
    const next = lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (!next) return;
    setCurrent(next.id);
    virtual.scrollToIndex(lines.indexOf(next));
    focusAt.current = true;
  };
  const choose = (chosen: TreeLine): void => {
    if (chosen.kind === 'table') onShowRows(chosen);
    else if (chosen.open !== undefined) toggle(chosen, !chosen.open);
    else if (chosen.reference) onInsert(chosen.reference);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const here = lines[at];
    if (!here) return;
    const above = lines.slice(0, at).findLastIndex((other) => other.level < here.level);
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(lines.length - 1);
    else if (event.key === 'ArrowRight' && here.open === false) toggle(here, true);
    else if (event.key === 'ArrowRight' && here.open) go(at + 1);
    else if (event.key === 'ArrowLeft' && here.open && filter === '') toggle(here, false);
    else if (event.key === 'ArrowLeft' && above >= 0) go(above);
    else if (event.key === 'Enter') choose(here);
    else if (event.key === ' ' && here.open !== undefined) toggle(here, !here.open);
    else return;
    focusAt.current = true;
    event.preventDefault();
  };

  return (
    <Stack spacing={1} sx={{ height: '100%', minHeight: 0 }}>
      <Stack direction="row" spacing={1}>
        <OutlinedInput
          size="small"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          placeholder="Find a table"
          inputProps={{ 'aria-label': 'Find a table', type: 'search' }}
          sx={{ flex: 1, minWidth: 0 }}
        />
        <Button size="small" onClick={reload}>
          Reload
        </Button>
      </Stack>
      <Box ref={place} sx={LOOK} data-testid="sql-tree">
        <div role="tree" aria-label="Schemas" className="tree" style={{ height: virtual.getTotalSize() }} onKeyDown={onKeyDown}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const shown = lines[index];
            if (!shown) return null;
            return (
              <div
                key={shown.id}
                id={`${id}${index}`}
                role="treeitem"
                aria-level={shown.level}
                aria-posinset={shown.position}
                aria-setsize={shown.siblings}
                aria-expanded={shown.open}
                aria-selected={shown.id === current}
                tabIndex={index === at ? 0 : -1}
                className={`line${shown.id === current ? ' current' : ''}${shown.kind === 'message' ? ' message' : ''}`}
                style={{ transform: `translateY(${start}px)`, paddingLeft: 6 + (shown.level - 1) * 16 }}
                title={shown.note ? `${shown.label}: ${shown.note}` : shown.label}
                onFocus={() => setCurrent(shown.id)}
                onClick={() => {
                  setCurrent(shown.id);
                  if (shown.open !== undefined) toggle(shown, !shown.open);
                }}
                onDoubleClick={() => shown.kind !== 'schema' && shown.kind !== 'group' && choose(shown)}
              >
                <span className="arrow" aria-hidden>
                  {shown.open === undefined ? '' : shown.open ? '▾' : '▸'}
                </span>
                <span className="label">{shown.label}</span>
                {shown.note && <span className="note">{shown.note}</span>}
              </div>
            );
          })}
        </div>
      </Box>
      <Stack direction="row" spacing={1}>
        <Button size="small" variant="outlined" disabled={line?.kind !== 'table'} onClick={() => line && onShowRows(line)}>
          Show rows
        </Button>
        <Button size="small" disabled={!line?.reference} onClick={() => line?.reference && onInsert(line.reference)}>
          Insert name
        </Button>
      </Stack>
    </Stack>
  );
}
