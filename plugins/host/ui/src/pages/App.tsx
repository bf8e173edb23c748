// Who is signed in sees the shell; everybody else the form.
import { Box, CircularProgress, CssBaseline, ThemeProvider } from '@mui/material';
import { useEffect, useMemo, useState } from 'react';
import { BrowserRouter } from 'react-router-dom';
import { keepFresh, onChange, resume } from '../shell/session';
import { ShellProvider } from '../shell/state';
import { everestTheme, publishTheme, rememberedMode, rememberMode, type ColorMode } from '../shell/theme';
import { Layout } from './Layout';
import { SignIn } from './SignIn';

type Stage = 'starting' | 'signedOut' | 'signedIn';

export function App() {
  const [mode, setMode] = useState<ColorMode>(rememberedMode);
  const [stage, setStage] = useState<Stage>('starting');
  const theme = useMemo(() => everestTheme(mode), [mode]);
  // Before children render: a bundle reads the tokens while it renders.
  useMemo(() => publishTheme(theme), [theme]);

  useEffect(() => {
    onChange((signedIn) => setStage(signedIn ? 'signedIn' : 'signedOut'));
    void resume().then((resumed) => setStage(resumed ? 'signedIn' : 'signedOut'));
    return keepFresh();
  }, []);

  const toggleMode = (): void => {
    const next = mode === 'light' ? 'dark' : 'light';
    rememberMode(next);
    setMode(next);
  };
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline />
      {stage === 'starting' && (
        <Box component="main" sx={{ display: 'grid', placeItems: 'center', height: '100%' }}>
          <CircularProgress aria-label="starting" />
        </Box>
      )}
      {stage === 'signedOut' && <SignIn />}
      {stage === 'signedIn' && (
        <BrowserRouter>
          <ShellProvider>
            <Layout mode={mode} toggleMode={toggleMode} />
          </ShellProvider>
        </BrowserRouter>
      )}
    </ThemeProvider>
  );
}
