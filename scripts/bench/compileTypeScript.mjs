// SPDX-License-Identifier: Apache-2.0
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fromRoot, requireFromRoot, ROOT } from '../lib/repository.mjs';

const PACKAGES = [
  ['packages', 'mail-sandbox'],
  ['plugins', 'incoming-mail-backend'],
  ['plugins', 'incoming-mail-common'],
  ['plugins', 'incoming-mail-node'],
];

/**
 * Compiles what is measured ahead, as an installation has it: a compiler and
 * its maps in the measured process, and in each of its threads, would be
 * measured as well.
 *
 * @returns {{ directory: string, remove: () => void }} directory: each file
 *   under its path in the repository, with `.js` added
 */
export function compileTypeScript() {
  const { transformSync } = requireFromRoot('@swc/core');
  const directory = mkdtempSync(join(tmpdir(), 'postroom-bench-compiled-'));
  for (const path of PACKAGES.flatMap(listSources)) {
    const { code } = transformSync(readFileSync(path, 'utf8'), {
      filename: path,
      module: { type: 'commonjs', ignoreDynamic: true },
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    });
    const to = join(directory, `${relative(ROOT, path)}.js`);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, code);
  }
  return {
    directory,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function listSources(folder) {
  const source = fromRoot(...folder, 'src');
  return readdirSync(source, { recursive: true })
    .filter(name => /(?<!\.d|\.test)\.ts$/.test(name))
    .map(name => join(source, name));
}
