// What came, what went wrong, or that it is on its way.
import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import type { ReactNode } from 'react';
import { ProblemView } from '../../../../ui/src/ProblemView';
import type { Polled } from './usePolled';

interface ShownProps<T> {
  polled: Polled<T>;
  /** What it is, as in “loading …”. */
  what: string;
  children: (value: T) => ReactNode;
}

/** What came last stays below what went wrong since. */
export function Shown<T>({ polled, what, children }: ShownProps<T>) {
  const { value, problem, refresh } = polled;
  return (
    <>
      {problem && (
        <Box sx={{ mb: 2 }}>
          <ProblemView problem={problem} onRetry={refresh} />
        </Box>
      )}
      {value === undefined && !problem && <LinearProgress aria-label={`loading ${what}`} />}
      {value !== undefined && children(value)}
    </>
  );
}
