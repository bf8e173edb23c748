// The web shell: starts the page. The runtime for bundles comes first.
import './contract/runtime';
import './fonts.css';
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { createRoot } from 'react-dom/client';
import { App } from './pages/App';
import { CSP_NONCE } from './shell/state';

// Key and nonce are those of OpenEverest's page: a bundle that uses the same key would mix its styles with these.
const cache = createCache({ key: 'percona-css', nonce: CSP_NONCE, prepend: true });

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <CacheProvider value={cache}>
      <App />
    </CacheProvider>,
  );
}
