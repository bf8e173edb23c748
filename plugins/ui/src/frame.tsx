// The look of the page around this one: its colours and fonts, light and dark, and styles under its nonce.
import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { createTheme, ThemeProvider, type Theme } from '@mui/material/styles';
import { useMemo, useSyncExternalStore, type ReactNode } from 'react';

type Mode = 'light' | 'dark';

const root = (): HTMLElement => document.documentElement;
const readMode = (): Mode => (root().dataset['everestColorScheme'] === 'dark' ? 'dark' : 'light');

function watchMode(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(root(), { attributeFilter: ['data-everest-color-scheme'] });
  return () => observer.disconnect();
}

/** The theme of the page's tokens; what it does not name is MUI's. */
function themeOf(mode: Mode): Theme {
  const styles = getComputedStyle(root());
  const token = (name: string): string | undefined => styles.getPropertyValue(`--everest-${name}`).trim() || undefined;
  const color = (name: string) => {
    const main = token(`color-${name}-main`);
    if (main === undefined) return {};
    const [dark, light] = [token(`color-${name}-dark`), token(`color-${name}-light`)];
    return { [name]: { main, ...(dark ? { dark } : {}), ...(light ? { light } : {}) } };
  };
  const given = (fields: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined));
  const divider = token('color-divider');
  return createTheme({
    palette: {
      mode,
      ...Object.assign({}, ...['primary', 'secondary', 'error', 'warning', 'info', 'success'].map(color)),
      text: given({ primary: token('color-text-primary'), secondary: token('color-text-secondary'), disabled: token('color-text-disabled') }),
      background: given({ default: token('color-background-default'), paper: token('color-background-paper') }),
      ...(divider ? { divider } : {}),
    },
    // What is shown is what is: nothing fades while the page is busy.
    transitions: { create: () => 'none' },
    shape: { borderRadius: Number.parseFloat(token('radius') ?? '4') || 4 },
    typography: { fontFamily: token('font-body1-family') ?? 'Roboto, sans-serif', button: { textTransform: 'none' } },
    components: { MuiButtonBase: { defaultProps: { disableRipple: true } } },
  });
}

/** Makes the frame that each extension of a plugin is in, with one place for their styles, whose classes begin with `name`. */
export function createFrame(name: string, nonce: string | undefined): (props: { children: ReactNode }) => ReactNode {
  const cache = createCache({ key: name, ...(nonce ? { nonce } : {}) });
  return function Frame({ children }) {
    const mode = useSyncExternalStore(watchMode, readMode);
    const theme = useMemo(() => themeOf(mode), [mode]);
    return (
      <CacheProvider value={cache}>
        <ThemeProvider theme={theme}>{children}</ThemeProvider>
      </CacheProvider>
    );
  };
}

/** For statements, expressions and values. */
export const MONOSPACE = '"Roboto Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
