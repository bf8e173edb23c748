// What bundles do beside the contract: what they print, what they throw later, what the page's policy keeps from them.
import { pluginIn, textOf, type Journal } from '../contract/journal';

/** Who is to blame where no bundle is named. */
const PAGE = 'shell';

/** Watches the page until it is closed. */
export function observe(journal: Journal): void {
  window.addEventListener('error', (event) => {
    const plugin = pluginIn(event.filename) ?? pluginIn((event.error as Error | undefined)?.stack) ?? PAGE;
    journal.add(plugin, 'error', `uncaught ${textOf(event.error ?? event.message)}`);
  });
  window.addEventListener('unhandledrejection', (event) => {
    const plugin = pluginIn((event.reason as Error | undefined)?.stack) ?? PAGE;
    journal.add(plugin, 'error', `unhandled rejection: ${textOf(event.reason)}`);
  });
  document.addEventListener('securitypolicyviolation', (event) => {
    const plugin = pluginIn(event.sourceFile) ?? PAGE;
    const what = event.blockedURI || 'inline';
    journal.add(plugin, 'error', `the page's policy (CSP) blocked ${what}: ${event.effectiveDirective}`);
  });
  for (const level of ['error', 'warn'] as const) {
    const print = console[level].bind(console);
    console[level] = (...values: unknown[]) => {
      print(...values);
      const plugin = pluginIn(new Error().stack);
      if (plugin) journal.add(plugin, level === 'warn' ? 'warning' : 'error', `console.${level}: ${values.map(textOf).join(' ')}`);
    };
  }
}
