// The explorer of one target: tree, editor, and what came of the statements.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import LinearProgress from '@mui/material/LinearProgress';
import Stack from '@mui/material/Stack';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import Typography from '@mui/material/Typography';
import { useCallback, useId, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { SqlClient, Target } from '../answer/client';
import { Problem } from '../../../../ui/src/problem';
import { SchemaTree } from '../catalog/SchemaTree';
import { useCatalog } from '../catalog/useCatalog';
import { Editor, type EditorHandle } from '../editor/Editor';
import type { ChosenStatement } from '../editor/statement';
import { HistoryList } from '../history/HistoryList';
import { addToHistory, clearHistory, readHistory } from '../history/history';
import { PlanTree } from '../plan/PlanTree';
import { spanOf } from '../results/format';
import { ResultsGrid } from '../results/ResultsGrid';
import { Choice } from '../../../../ui/src/Choice';
import { ProblemView } from '../../../../ui/src/ProblemView';
import { useStatement, type RowsOfRun } from './useStatement';
import { WriteDialog } from './WriteDialog';

const LIMITS = [['1000', '1,000'], ['10000', '10,000'], ['100000', '100,000']] as const;
const TIMEOUTS = [['30s', '30 seconds'], ['5m', '5 minutes'], ['1h', '1 hour'], ['0', 'none']] as const;

/** What was typed for each target, for as long as the page is open: whoever looks at something else comes back to it. */
const drafts = new Map<string, string>();

interface ExplorerProps {
  client: SqlClient;
  nonce: string | undefined;
  target: Target;
  /** What chooses the target stands in the same line. */
  children: ReactNode;
}

export function Explorer({ client, nonce, target, children }: ExplorerProps) {
  const id = useId();
  const place = `${target.namespace}/${target.instance}${target.database ? `/${target.database}` : ''}`;
  const live = useCatalog(client, target);
  const runs = useStatement(client);
  const editor = useRef<EditorHandle>(null);
  const [shown, setShown] = useState<'rows' | 'plan' | 'history'>('rows');
  const [limit, setLimit] = useState('1000');
  const [timeout, setTimeout] = useState('30s');
  const [write, setWrite] = useState(false);
  const [analyze, setAnalyze] = useState(false);
  const [asked, setAsked] = useState<ChosenStatement>();
  const [said, setSaid] = useState('');
  const [history, setHistory] = useState(() => readHistory(localStorage));

  const keep = (ended: RowsOfRun): void => {
    const outcome = ended.problem?.message ?? (ended.cancelled ? 'cancelled' : (ended.summary?.summary ?? ''));
    const failed = ended.problem !== undefined;
    setHistory(addToHistory(localStorage, { ...target, sql: ended.statement.sql, time: Date.now(), outcome, failed, milliseconds: Math.round(ended.milliseconds ?? 0) }));
  };
  const run = async (statement: ChosenStatement): Promise<void> => {
    setAsked(undefined);
    setShown('rows');
    setSaid('');
    editor.current?.mark(statement, undefined);
    const ended = await runs.run(target, statement, { limit: Number(limit), timeout, write });
    keep(ended);
    if (ended.problem) editor.current?.mark(statement, ended.problem.position);
    if (write && !ended.problem) live.reload();
  };
  const chosen = (): ChosenStatement | undefined => {
    const statement = editor.current?.chosen();
    if (!statement) setSaid('There is no statement: type one.');
    return statement;
  };
  const onRun = (): void => {
    if (runs.running) return;
    const statement = chosen();
    if (!statement) return;
    if (write) setAsked(statement);
    else void run(statement);
  };
  const onExplain = async (): Promise<void> => {
    const statement = chosen();
    if (!statement) return;
    setShown('plan');
    setSaid('');
    editor.current?.mark(statement, undefined);
    const ended = await runs.explain(target, statement, analyze, timeout);
    if (ended.problem) editor.current?.mark(statement, ended.problem.position);
  };
  const showRows = (reference: string): void => {
    if (runs.running) return;
    const sql = `select * from ${reference}`;
    editor.current?.replace(sql);
    // It only reads, whatever the box says.
    setWrite(false);
    void run({ sql, from: 0 });
  };

  const { rows, plan } = runs;
  const status = said || statusOf(shown === 'plan' ? plan : rows);
  const [frame, height] = useRestOfWindow();
  const copied = useCallback((what: string) => setSaid(what), []);
  const tab = (value: string, label: string) => <Tab value={value} label={label} id={`${id}-tab-${value}`} aria-controls={`${id}-panel`} sx={{ minHeight: 36, py: 0 }} />;
  return (
    <Box
      ref={frame}
      sx={{ height, minHeight: 520, display: 'grid', gap: 2, gridTemplateColumns: '260px minmax(0, 1fr)', gridTemplateRows: 'auto minmax(0, 1fr)', colorScheme: (theme) => theme.palette.mode, color: 'text.primary', '@media (max-width: 900px)': { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: 'auto 260px 640px', height: 'auto' } }}
    >
      <Stack direction="row" useFlexGap spacing={2} sx={{ gridColumn: '1 / -1', flexWrap: 'wrap', alignItems: 'flex-end' }}>
        {children}
        <Choice label="Rows, at most" value={limit} options={LIMITS} onChange={setLimit} />
        <Choice label="Time limit" value={timeout} options={TIMEOUTS} onChange={setTimeout} />
      </Stack>
      <SchemaTree live={live} onShowRows={({ reference = '' }) => showRows(reference)} onInsert={(name) => editor.current?.insert(name)} />
      <Stack spacing={1} sx={{ minWidth: 0, minHeight: 0 }}>
        <Box sx={{ flex: '0 0 auto', height: 150, minHeight: 80, maxHeight: '60%', resize: 'vertical', overflow: 'hidden', border: 1, borderColor: 'divider', borderRadius: 1 }}>
          <Editor
            ref={editor}
            nonce={nonce}
            initial={drafts.get(place) ?? ''}
            completion={live.completion}
            onChange={(text) => drafts.set(place, text)}
            onRun={onRun}
          />
        </Box>
        <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap', alignItems: 'center' }}>
          <Button size="small" variant="contained" color={write ? 'warning' : 'primary'} onClick={onRun} disabled={runs.running} title="Ctrl+Enter: what is selected, or the statement at the cursor">
            {write ? 'Run with changes' : 'Run'}
          </Button>
          <Button size="small" variant="outlined" onClick={runs.cancel} disabled={!runs.running}>
            Cancel
          </Button>
          <Button size="small" variant="outlined" onClick={() => void onExplain()} disabled={runs.running}>
            Explain
          </Button>
          <FormControlLabel control={<Checkbox size="small" checked={analyze} onChange={(_, to) => setAnalyze(to)} />} label="Measure" title="Explain also runs the statement and shows how long each step took" />
          <FormControlLabel control={<Checkbox size="small" checked={write} onChange={(_, to) => setWrite(to)} />} label="Allow changes" title="Needs the permission to update the instance" />
          <Typography role="status" variant="body2" sx={{ color: 'text.secondary', flex: 1, textAlign: 'right' }} data-testid="sql-status">
            {status}
          </Typography>
        </Stack>
        <Box sx={{ height: 4 }}>{runs.running && <LinearProgress aria-label="running" />}</Box>
        <Tabs value={shown} onChange={(_, to: 'rows' | 'plan' | 'history') => setShown(to)} aria-label="What to show" sx={{ minHeight: 36 }}>
          {tab('rows', 'Rows')}
          {tab('plan', 'Plan')}
          {tab('history', 'History')}
        </Tabs>
        <Stack role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${shown}`} spacing={1} sx={{ flex: 1, minHeight: 0 }}>
          {shown === 'rows' && <Rows run={rows} onCopied={copied} />}
          {shown === 'plan' && plan?.problem && <ProblemView problem={plan.problem} />}
          {shown === 'plan' && plan?.plan && <PlanTree key={plan.statement.sql} plan={plan.plan} />}
          {shown === 'plan' && !plan && <Typography sx={{ p: 2 }}>“Explain” shows how the server would run the statement at the cursor.</Typography>}
          {shown === 'history' && (
            <HistoryList
              entries={history}
              onUse={({ sql }) => editor.current?.replace(sql)}
              onClear={() => {
                clearHistory(localStorage);
                setHistory([]);
              }}
            />
          )}
        </Stack>
      </Stack>
      {asked && <WriteDialog sql={asked.sql} place={place} onRun={() => void run(asked)} onClose={() => setAsked(undefined)} />}
    </Box>
  );
}

function Rows({ run, onCopied }: { run: RowsOfRun | undefined; onCopied: (what: string) => void }) {
  if (!run) return <Typography sx={{ p: 2 }}>Type a statement and press Ctrl+Enter, or choose a table and “Show rows”.</Typography>;
  const { store, problem, summary } = run;
  const hasGrid = store.columns.length > 0 || store.rows.length > 0;
  return (
    <>
      {problem && <ProblemView problem={problem} />}
      {run.cancelled && <Alert severity="info">{hasGrid ? 'Cancelled: the rows below are not all of them.' : 'Cancelled.'}</Alert>}
      {summary?.truncated && <Alert severity="info">There are more rows. Raise “Rows, at most”, or use a narrower statement.</Alert>}
      {summary?.withheld && <Alert severity="info">The statement gave more rows than are shown; all its changes are kept.</Alert>}
      {summary && summary.notices.length > 0 && (
        <Alert severity="warning" sx={{ whiteSpace: 'pre-wrap', flexShrink: 0 }}>
          {summary.notices.join('\n')}
        </Alert>
      )}
      {summary?.affected !== undefined && <Alert severity="success">{summary.summary}</Alert>}
      {hasGrid && <ResultsGrid key={run.statement.sql} store={store} onCopied={onCopied} />}
    </>
  );
}

function statusOf(run: { running: boolean; cancelled: boolean; problem?: Problem; milliseconds?: number; summary?: { summary: string } } | undefined): string {
  if (!run) return '';
  if (run.running) return 'Running…';
  const span = spanOf(run.milliseconds ?? 0);
  if (run.cancelled) return `Cancelled after ${span}`;
  if (run.problem) return `Failed after ${span}`;
  return [run.summary?.summary, span].filter(Boolean).join(' in ');
}

/** From where the element begins to the end of the window. */
function useRestOfWindow(): [React.RefObject<HTMLDivElement | null>, string] {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(200);
  useLayoutEffect(() => setTop(Math.max(0, frame.current?.getBoundingClientRect().top ?? 0)), []);
  return useMemo(() => [frame, `calc(100vh - ${Math.round(top)}px - 32px)`], [top]);
}
