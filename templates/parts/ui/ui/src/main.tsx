// The entry: called once by the page, it registers a route and a tab of each database.
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { Typography } from '@mui/material';
import { ThemeProvider } from '@mui/material/styles';
import type { ReactNode } from 'react';
import type { PluginApi, TabProps } from './everest';
import { NoteList } from './NoteList';
import { useEverestTheme } from './theme';

export default function register(api: PluginApi): void {
  // Styles need the nonce of the page: its policy blocks all others.
  const cache = createCache({ key: '<<name>>'.replace(/[^a-z]/g, '-'), nonce: api.cssNonce });

  function Page({ children }: { children: ReactNode }) {
    return (
      <CacheProvider value={cache}>
        <ThemeProvider theme={useEverestTheme()}>{children}</ThemeProvider>
      </CacheProvider>
    );
  }

  function Route() {
    return (
      <Page>
        <Typography variant="h5" component="h1" gutterBottom>
          <<title>>
        </Typography>
        <NoteList api={api} />
      </Page>
    );
  }

  function Tab({ instanceName }: TabProps) {
    return (
      <Page>
        <NoteList api={api} about={`${instanceName}: `} />
      </Page>
    );
  }

  api.registerExtension({ type: 'route', label: '<<title>>', path: '/<<name>>', component: Route });
  api.registerExtension({ type: 'sidebarItem', label: '<<title>>' });
  api.registerExtension({ type: 'clusterDetailTab', label: '<<title>>', path: '<<name>>', component: Tab });
}
