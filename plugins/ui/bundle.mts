// How the bundles of our plugins are built: one module, with what OpenEverest's page provides left outside. Each is a part of its
// plugin's program.
import { licenses } from '../host/ui/licenses.ts';

/** What the modules of this folder import: each bundle has its own copy of it. */
const FROM_THE_BUNDLE = ['@emotion/cache', '@emotion/react', '@emotion/styled', '@mui/material'];

export const bundle = {
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [licenses([], 'licenses.txt')],
  resolve: { dedupe: FROM_THE_BUNDLE },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    minify: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
    lib: { entry: 'src/main.tsx', formats: ['es'], fileName: () => 'main.js' },
    rolldownOptions: {
      external: ['react', 'react-dom', 'react/jsx-runtime'],
      // MUI marks its modules for servers that render, which there is none of.
      onwarn: <T extends { code?: string }>(warning: T, warn: (warning: T) => void) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      output: { codeSplitting: false, minify: true },
    },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
};
