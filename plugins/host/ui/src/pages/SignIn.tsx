// Signing in with an account of the development host.
import { Alert, Box, Button, Card, CardContent, Stack, TextField, Typography } from '@mui/material';
import { useState, type FormEvent } from 'react';
import { signIn } from '../shell/session';

export function SignIn() {
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault(await signIn(String(form.get('username')), String(form.get('password'))));
    setBusy(false);
  };
  return (
    <Box component="main" sx={{ display: 'grid', placeItems: 'center', minHeight: '100%', p: 2 }}>
      <Card variant="outlined" sx={{ width: '100%', maxWidth: 420 }}>
        <CardContent>
          <Stack component="form" spacing={2} onSubmit={(event) => void submit(event)}>
            <Typography variant="h4" component="h1">
              OpenEverest development shell
            </Typography>
            <Typography color="text.secondary">
              A development host, not for production. Its terminal shows the password of admin when it starts.
            </Typography>
            {fault && <Alert severity="error">{fault}</Alert>}
            <TextField name="username" label="User" defaultValue="admin" autoComplete="username" required />
            <TextField
              name="password"
              label="Password"
              type="password"
              autoComplete="current-password"
              autoFocus
              required
            />
            <Button type="submit" variant="contained" disabled={isBusy}>
              Sign in
            </Button>
          </Stack>
        </CardContent>
      </Card>
    </Box>
  );
}
