// The question before a statement that may change something.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import { MONOSPACE } from '../../../../ui/src/frame';

interface WriteProps {
  sql: string;
  place: string;
  onRun: () => void;
  onClose: () => void;
}

export function WriteDialog({ sql, place, onRun, onClose }: WriteProps) {
  const id = useId();
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby={id}>
      <DialogTitle id={id}>{`Run in ${place}, and keep what it changes?`}</DialogTitle>
      <DialogContent tabIndex={0}>
        <Box component="pre" sx={{ m: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontFamily: MONOSPACE, fontSize: 13, maxHeight: 300 }}>
          {sql}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} autoFocus>
          Do not run
        </Button>
        <Button color="warning" onClick={onRun}>
          Run
        </Button>
      </DialogActions>
    </Dialog>
  );
}
