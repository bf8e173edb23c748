// The notes, and a line to write another one.
import { Alert, Box, Button, List, ListItem, ListItemText, Stack, TextField } from '@mui/material';
import { useCallback, useEffect, useState } from 'react';
import type { PluginApi } from './everest';
import { createNote, listNotes, type Note } from './notes';

interface Props {
  api: PluginApi;
  /** What a new note starts with. */
  about?: string;
}

export function NoteList({ api, about = '' }: Props) {
  const [notes, setNotes] = useState<Note[]>();
  const [text, setText] = useState(about);
  const [problem, setProblem] = useState<string>();

  const act = useCallback(async (work: () => Promise<void>) => {
    try {
      await work();
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }, []);
  const load = useCallback(() => act(async () => setNotes(await listNotes(api))), [act, api]);
  useEffect(() => void load(), [load]);

  const write = () =>
    act(async () => {
      await createNote(api, text);
      setText(about);
      setNotes(await listNotes(api));
    });

  return (
    <Box>
      {problem !== undefined && <Alert severity="error">{problem}</Alert>}
      <Stack
        component="form"
        direction="row"
        spacing={1}
        onSubmit={(event) => {
          event.preventDefault();
          void write();
        }}
      >
        <TextField fullWidth size="small" label="Note" value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" variant="contained" disabled={text.trim() === ''}>
          Write
        </Button>
      </Stack>
      <List aria-label="Notes">
        {notes?.map((note) => (
          <ListItem key={note.id}>
            <ListItemText primary={note.text} secondary={new Date(note.created).toLocaleString()} />
          </ListItem>
        ))}
        {notes?.length === 0 && <ListItem>No notes yet</ListItem>}
      </List>
    </Box>
  );
}
