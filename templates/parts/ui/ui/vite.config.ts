// One ES module, ui/dist/main.js. React is the page's own; everything else is in the bundle.
import { defineConfig } from 'vite';

export default defineConfig({
  // Without it, React's development build would be imported, which the page does not have.
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: { dedupe: ['@emotion/react', '@emotion/cache'] },
  build: {
    lib: { entry: 'src/main.tsx', formats: ['es'], fileName: () => 'main.js' },
    rolldownOptions: {
      external: ['react', 'react-dom', 'react/jsx-runtime'],
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
});
