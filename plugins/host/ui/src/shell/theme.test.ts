// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { everestTheme, everestTokens, publishTheme } from './theme';

it('the tokens are those of the contract', () => {
  const light = everestTokens(everestTheme('light'));
  expect(light.get('--everest-color-primary-main')).toBe('#0E5FB5');
  expect(light.get('--everest-color-primary-dark')).toBe('#0B4A8C');
  expect(light.get('--everest-color-primary-light')).toBe('#127AE8');
  expect(light.get('--everest-radius')).toBe('4');
  expect(light.get('--everest-font-h1-family')).toMatch(/^Poppins/);
  expect(light.get('--everest-font-body1-family')).toMatch(/^Roboto/);
  expect(light.get('--everest-font-button-transform')).toBe('none');
  expect(light.has('--everest-font-body1-transform')).toBe(false);
  const dark = everestTokens(everestTheme('dark'));
  expect(dark.get('--everest-color-primary-main')).toBe('#62AEFF');
  expect([...dark.keys()]).toEqual([...light.keys()]);
});

it('they follow the mode', () => {
  const root = document.createElement('html');
  publishTheme(everestTheme('light'), root);
  publishTheme(everestTheme('dark'), root);
  expect(root.getAttribute('data-everest-color-scheme')).toBe('dark');
  expect(root.style.getPropertyValue('--everest-color-primary-main')).toBe('#62AEFF');
});
