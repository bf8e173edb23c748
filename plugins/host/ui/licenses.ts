// The licenses of everything that is in the built page, as one text: their texts have to go with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Package {
  name: string;
  version: string;
  license?: string;
}

/** The folder of the package that a module is in. */
function folderOf(module: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module.split('?')[0] ?? '')?.[0];
}

function textOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : 'Its package has no text of its license.';
  return `${name} ${version} (${license ?? 'no license named'})\n\n${text}\n`;
}

/** `more` are folders of packages whose files are copied, and not imported. */
export function licenses(more: readonly string[], fileName: string): Plugin {
  return {
    name: 'licenses',
    generateBundle() {
      const modules = [...this.getModuleIds()].map(folderOf).filter((folder) => folder !== undefined);
      const folders = [...new Set([...modules, ...more])].sort();
      const rule = `\n${'-'.repeat(80)}\n\n`;
      this.emitFile({ type: 'asset', fileName, source: [...new Set(folders.map(textOf))].sort().join(rule) });
    },
  };
}
