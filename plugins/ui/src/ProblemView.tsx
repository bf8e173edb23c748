// What went wrong, more of it, and what to do about it.
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import type { Problem } from './problem';
import { MONOSPACE } from './frame';

export function ProblemView({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  const retry = onRetry && (
    <Button color="inherit" size="small" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Alert severity="error" action={retry} data-testid="plugin-problem">
      {problem.message}
      {problem.detail && (
        <Box component="pre" sx={{ m: 0, my: 1, overflowX: 'auto', fontFamily: MONOSPACE, fontSize: 13 }}>
          {problem.detail}
        </Box>
      )}
      {problem.hint && <Typography variant="body2">{problem.hint}</Typography>}
    </Alert>
  );
}
