// Builds the bundles that need building, as authors do it: one file, only what the import map has left outside.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const shared = ['react', 'react-dom', 'react/jsx-runtime'];

/** Builds `name` into `folder`/main.js. */
export async function buildBundle(name, external, folder) {
  await build({
    root: here,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      lib: { entry: join(here, `${name}.tsx`), formats: ['es'], fileName: () => 'main.js' },
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: {
        external: external ? shared : [],
        onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      },
    },
  });
}
