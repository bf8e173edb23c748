// A bundle as authors build it: JSX, a MUI of its own under the page's nonce, the React of the page.
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { Button, Dialog, DialogTitle } from '@mui/material';
import { createTheme, ThemeProvider } from '@mui/material/styles';
import * as React from 'react';
import type { PluginApi, RouteProps } from '../../src/contract/types';

function useMode(): 'light' | 'dark' {
  const read = (): 'light' | 'dark' => (document.documentElement.dataset['everestColorScheme'] === 'dark' ? 'dark' : 'light');
  const [mode, setMode] = React.useState(read);
  React.useEffect(() => {
    const observer = new MutationObserver(() => setMode(read()));
    observer.observe(document.documentElement, { attributeFilter: ['data-everest-color-scheme'] });
    return () => observer.disconnect();
  }, []);
  return mode;
}

export default function register(api: PluginApi): void {
  const cache = createCache({ key: 'mui-plugin', nonce: api.cssNonce });
  const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function Route({ pluginName }: RouteProps) {
    const mode = useMode();
    const [isOpen, setOpen] = React.useState(false);
    const theme = createTheme({ palette: { mode, primary: { main: token('--everest-color-primary-main') } } });
    return (
      <CacheProvider value={cache}>
        <ThemeProvider theme={theme}>
          <Button variant="contained" data-testid="mui-button" onClick={() => setOpen(true)}>
            {pluginName} {mode}
          </Button>
          <Dialog open={isOpen} onClose={() => setOpen(false)}>
            <DialogTitle>A dialog of a plugin</DialogTitle>
          </Dialog>
          <p data-testid="mui-shared">{String(api.React.useState === React.useState)}</p>
        </ThemeProvider>
      </CacheProvider>
    );
  }
  api.registerExtension({ type: 'route', label: 'MUI', component: Route });
  api.registerExtension({ type: 'sidebarItem', label: 'MUI' });
}
