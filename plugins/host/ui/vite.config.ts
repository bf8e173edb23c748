// The shell as a few files with fixed names: they become part of a Rust program, whose table of files names each of them.
import { defineConfig } from 'vite';
import { licenses } from './licenses';

const FONTS = ['poppins', 'roboto'].map((name) => `${import.meta.dirname}/node_modules/@fontsource/${name}`);

export default defineConfig({
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [licenses(FONTS, 'static/licenses.txt')],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
    rolldownOptions: {
      input: 'src/main.tsx',
      // MUI marks its modules for servers that render, which there is none of.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      output: {
        entryFileNames: 'static/shell.js',
        assetFileNames: (asset) => (asset.names[0]?.endsWith('.css') ? 'static/shell.css' : 'static/[name][extname]'),
        codeSplitting: false,
      },
    },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0]);
