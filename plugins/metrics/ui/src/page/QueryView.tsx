// An expression of PromQL over time.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TextField from '@mui/material/TextField';
import { useEffect, useId, useState, type FormEvent } from 'react';
import { MONOSPACE } from '../../../../ui/src/frame';
import type { MetricsClient } from '../answer/client';
import { PanelView } from './PanelView';
import { go, queryPath, useExpression } from './paths';
import { usePeriod } from './period';
import { Shown } from './Shown';
import { Toolbar } from './Toolbar';
import { usePolled } from './usePolled';

const EXAMPLES = ['up', 'sum by (pod, state) (pg_stat_activity_count)', 'sum by (pod) (rate(pg_stat_database_xact_commit[5m]))'];

export function QueryView({ client }: { client: MetricsClient }) {
  const asked = useExpression();
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const { since, every } = usePeriod();
  const list = useId();
  const names = usePolled('', 0, (signal) => client.metrics(signal));
  const result = usePolled(asked ? JSON.stringify([asked, since]) : undefined, every, (signal) => client.query(asked, {}, since, signal));
  const run = (expr: string): void => {
    setText(expr);
    if (expr.trim() === asked) result.refresh();
    else go(queryPath(expr.trim()));
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    run(text);
  };
  return (
    <>
      <Box component="form" onSubmit={onSubmit} sx={{ display: 'flex', gap: 1, alignItems: 'flex-start', mb: 2 }}>
        <TextField
          label="PromQL"
          size="small"
          fullWidth
          value={text}
          onChange={(event) => setText(event.target.value)}
          helperText="Of the namespaces that you may see."
          slotProps={{ htmlInput: { list, spellCheck: false, autoCapitalize: 'off', maxLength: 8192, style: { fontFamily: MONOSPACE, fontSize: 14 } } }}
        />
        <datalist id={list}>
          {names.value?.map(({ name, help }) => (
            <option key={name} value={name}>
              {help}
            </option>
          ))}
        </datalist>
        <Button type="submit" variant="contained" disabled={text.trim() === ''} sx={{ mt: 0.25 }}>
          Run
        </Button>
      </Box>
      <Toolbar shown={result} />
      {!asked && (
        <Box sx={{ color: 'text.primary' }}>
          For example:
          {EXAMPLES.map((example) => (
            <Box key={example}>
              <Button size="small" onClick={() => run(example)} sx={{ fontFamily: MONOSPACE, textAlign: 'left' }}>
                {example}
              </Button>
            </Box>
          ))}
        </Box>
      )}
      {asked && (
        <Shown polled={result} what="values">
          {({ series, unit, since: from, time, step, more, warnings }) => (
            <Box sx={{ display: 'grid', gap: 1 }}>
              {more !== undefined && <Alert severity="warning">{`${more} more series are not shown: aggregate them, as with topk(10, …).`}</Alert>}
              {warnings?.map((warning) => (
                <Alert key={warning} severity="warning">
                  {warning}
                </Alert>
              ))}
              <PanelView panel={{ title: asked, unit, kind: 'line' }} series={series} since={Date.parse(from ?? time)} until={Date.parse(time)} step={step ?? 1} />
            </Box>
          )}
        </Shown>
      )}
    </>
  );
}
