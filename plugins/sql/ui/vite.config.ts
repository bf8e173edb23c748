// The page as OpenEverest loads it: one module, with what the page provides left outside. The plugin's program contains it.
import { licenses } from '../../host/ui/licenses.ts';
import { defineConfig } from 'vite';

export default defineConfig({
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [licenses([], 'licenses.txt')],
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
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      output: { codeSplitting: false, minify: true },
    },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0]);
