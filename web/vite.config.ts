// Builds the page into dist/web: plain files that `weir appliance` serves beside its API. The content security policy is
// `default-src 'self'`, so nothing is inlined and nothing is fetched from elsewhere.

import { rmSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const OUT = new URL('../dist/web/', import.meta.url).pathname;

/** Old hashed files go; the compiled formatting code that tests load from dist/web/src stays. */
function removeOldAssets(): Plugin {
  return {
    name: 'weir:remove-old-assets',
    apply: 'build',
    buildStart: () => rmSync(`${OUT}assets`, { recursive: true, force: true }),
  };
}

export default defineConfig({
  base: './',
  plugins: [removeOldAssets()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: OUT,
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: true,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/events': 'http://127.0.0.1:8080' } },
});
