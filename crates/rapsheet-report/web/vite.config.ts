import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { viteSingleFile } from 'vite-plugin-singlefile';

import { outlines } from './src/map/outlines.plugin.ts';

/** Lets the page run its own script and no other: the Content-Security-Policy names it by its hash. */
function onlyOurScript(): Plugin {
  return {
    name: 'rapsheet-only-our-script',
    enforce: 'post',
    // After the script has been put into the page.
    generateBundle: { order: 'post', handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue;
        const page = String(file.source);
        const hashes = [...page.matchAll(/<script type="module"[^>]*>([^]+?)<\/script>/g)].map((match) => `'sha256-${createHash('sha256').update(match[1]).digest('base64')}'`);
        if (hashes.length !== 1 || !page.includes("script-src 'unsafe-inline'")) throw new Error(`the page has ${hashes.length} scripts of its own instead of one`);
        file.source = page.replace("script-src 'unsafe-inline'", () => `script-src ${hashes[0]}`);
      }
    } },
  };
}

// One file: the report opens from a mail or a stick, without a server.
export default defineConfig({
  plugins: [outlines(), viteSingleFile({ removeViteModuleLoader: true }), onlyOurScript()],
  build: { target: 'es2022', assetsInlineLimit: 100_000_000, cssCodeSplit: false, modulePreload: false },
  test: { include: ['test/**/*.test.ts', 'src/**/*.test.ts'], environment: 'node' },
});
