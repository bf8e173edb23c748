// The look of OpenEverest as far as its contract names it: primary colours, fonts, and the tokens for bundles made of both.
import { createTheme, type Theme } from '@mui/material/styles';

export type ColorMode = 'light' | 'dark';

const HEADINGS = 'Poppins, Roboto, sans-serif';
const heading = (size: number, height: number) => ({
  fontFamily: HEADINGS,
  fontWeight: 500,
  fontSize: `${size / 16}rem`,
  lineHeight: height,
});

const LIGHT = {
  primary: { main: '#0E5FB5', dark: '#0B4A8C', light: '#127AE8' },
  secondary: { main: '#606C86', dark: '#3A4151', light: '#8A95AD' },
  error: { main: '#B10810', dark: '#8B0000', light: '#CE3A38' },
  warning: { main: '#7A5B00', dark: '#654B17', light: '#A87D00' },
  info: { main: '#0B4A8C', dark: '#083562', light: '#0E5FB5' },
  success: { main: '#00745B', dark: '#005C45', light: '#008C71' },
  text: { primary: '#2C323E', secondary: 'rgba(44, 50, 62, 0.78)', disabled: 'rgba(44, 50, 62, 0.4)' },
  background: { default: '#FFFFFF', paper: '#FFFFFF' },
  divider: 'rgba(44, 50, 62, 0.25)',
};
const DARK = {
  primary: { main: '#62AEFF', dark: '#1486FF', light: '#B6D9FF' },
  secondary: { main: '#A8B0C2', dark: '#8A95AD', light: '#D1D5DE' },
  error: { main: '#F98D80', dark: '#F37C6F', light: '#FEA195' },
  warning: { main: '#FFEE99', dark: '#FFE770', light: '#FFF5C2' },
  info: { main: '#62AEFF', dark: '#1486FF', light: '#B6D9FF' },
  success: { main: '#51BAA2', dark: '#00A489', light: '#85CFBC' },
  text: { primary: '#F0F1F4', secondary: 'rgba(240, 241, 244, 0.78)', disabled: 'rgba(240, 241, 244, 0.4)' },
  background: { default: '#2C323E', paper: '#333A48' },
  divider: 'rgba(209, 213, 222, 0.25)',
};

export function everestTheme(mode: ColorMode): Theme {
  return createTheme({
    palette: { mode, ...(mode === 'light' ? LIGHT : DARK) },
    shape: { borderRadius: 4 },
    typography: {
      fontFamily: 'Roboto, sans-serif',
      h1: heading(48, 1.17),
      h2: heading(40, 1.2),
      h3: heading(32, 1.25),
      h4: heading(24, 1.25),
      h5: heading(20, 1.25),
      h6: heading(18, 1.25),
      subtitle1: { fontWeight: 500 },
      button: { fontWeight: 500, textTransform: 'none' },
    },
    components: {
      MuiButtonBase: { defaultProps: { disableRipple: true } },
      MuiLink: { defaultProps: { underline: 'always' } },
      MuiTab: { styleOverrides: { root: { textTransform: 'none' } } },
    },
  });
}

const COLORS = ['primary', 'secondary', 'error', 'warning', 'info', 'success'] as const;
const VARIANTS = [
  ...(['h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const),
  ...(['subtitle1', 'subtitle2', 'body1', 'body2', 'button', 'caption', 'overline'] as const),
];

/** The tokens by name. What the theme does not say has none. */
export function everestTokens(theme: Theme): Map<string, string> {
  const tokens = new Map<string, string>();
  const set = (name: string, value: unknown): void => {
    if (value !== undefined && value !== null && value !== '') tokens.set(`--everest-${name}`, String(value));
  };
  const { palette } = theme;
  for (const color of COLORS) {
    for (const shade of ['main', 'dark', 'light'] as const) set(`color-${color}-${shade}`, palette[color][shade]);
  }
  for (const level of ['primary', 'secondary', 'disabled'] as const) set(`color-text-${level}`, palette.text[level]);
  set('color-background-default', palette.background.default);
  set('color-background-paper', palette.background.paper);
  set('color-divider', palette.divider);
  set('radius', theme.shape.borderRadius);
  for (const variant of VARIANTS) {
    const style = theme.typography[variant];
    set(`font-${variant}-family`, style.fontFamily);
    set(`font-${variant}-size`, style.fontSize);
    set(`font-${variant}-weight`, style.fontWeight);
    set(`font-${variant}-line-height`, style.lineHeight);
    set(`font-${variant}-letter-spacing`, style.letterSpacing);
    set(`font-${variant}-transform`, style.textTransform);
  }
  return tokens;
}

/** Writes tokens and colour scheme where bundles read them. */
export function publishTheme(theme: Theme, root: HTMLElement = document.documentElement): void {
  for (const [name, value] of everestTokens(theme)) root.style.setProperty(name, value);
  root.setAttribute('data-everest-color-scheme', theme.palette.mode);
}

const KEY = 'colorMode';

/** The mode that was chosen last, or the system's. */
export function rememberedMode(): ColorMode {
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') return kept;
  return window.matchMedia?.('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function rememberMode(mode: ColorMode): void {
  localStorage.setItem(KEY, mode);
}
