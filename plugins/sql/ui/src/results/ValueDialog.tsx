// One value, whole.
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId } from 'react';
import type { Cell } from '../answer/rows';
import { MONOSPACE } from '../../../../ui/src/frame';

interface ValueProps {
  title: string;
  value: Cell;
  onCopy: (value: string) => void;
  onClose: () => void;
}

/** What a browser still shows without hesitation. */
const MOST = 1_000_000;

export function ValueDialog({ title, value, onCopy, onClose }: ValueProps) {
  const id = useId();
  const text = value === null ? 'NULL' : value.slice(0, MOST);
  return (
    <Dialog open onClose={onClose} maxWidth="md" fullWidth aria-labelledby={id}>
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent tabIndex={0}>
        <Box component="pre" sx={{ m: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontFamily: MONOSPACE, fontSize: 13 }}>
          {text}
        </Box>
        {value !== null && value.length > MOST && <p>{`The first ${MOST} of ${value.length} characters; “Copy” copies all of them.`}</p>}
      </DialogContent>
      <DialogActions>
        {value !== null && <Button onClick={() => onCopy(value)}>Copy</Button>}
        <Button onClick={onClose} autoFocus>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
