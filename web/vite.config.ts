// Builds the page into dist/web: plain files that `weir appliance` serves next to its API. The content security policy is
// `default-src 'self'`, so nothing is inlined and nothing is fetched from elsewhere.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
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

/** Compressed once here, so that the appliance only sends what lies there. */
function compressFiles(): Plugin {
  return {
    name: 'weir:compress-files',
    apply: 'build',
    closeBundle: () => {
      const assets = readdirSync(`${OUT}assets`).map((name) => `${OUT}assets/${name}`);
      for (const path of [`${OUT}index.html`, `${OUT}weir.svg`, ...assets]) {
        if (!/\.(?:html|js|css|svg)$/.test(path)) continue;
        const whole = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(whole));
        writeFileSync(`${path}.gz`, gzipSync(whole, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [removeOldAssets(), compressFiles()],
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
