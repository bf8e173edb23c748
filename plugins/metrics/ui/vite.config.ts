// The page as OpenEverest loads it. The plugin's program contains it.
import { defineConfig } from 'vite';
import { bundle } from '../../ui/bundle.mts';

export default defineConfig(bundle as Parameters<typeof defineConfig>[0]);
