// The look of the page: its design tokens and colour scheme, as a theme of MUI.
import { createTheme, type Theme } from '@mui/material/styles';
import { useEffect, useState } from 'react';

type Mode = 'light' | 'dark';

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const readMode = (): Mode => (document.documentElement.dataset['everestColorScheme'] === 'dark' ? 'dark' : 'light');

function themeOf(mode: Mode): Theme {
  const fontFamily = token('--everest-font-body1-family');
  const main = token('--everest-color-primary-main');
  return createTheme({
    palette: { mode, ...(main && { primary: { main } }) },
    ...(fontFamily && { typography: { fontFamily } }),
  });
}

/** The theme, which changes with the switch in the page. */
export function useEverestTheme(): Theme {
  const [theme, setTheme] = useState(() => themeOf(readMode()));
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(themeOf(readMode())));
    observer.observe(document.documentElement, { attributeFilter: ['data-everest-color-scheme'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
