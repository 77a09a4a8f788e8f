// SPDX-License-Identifier: Apache-2.0
// Proves eslint-rooms.js on a skeleton of the plugins: every import that the
// tables allow passes, every other one is reported. Without this, a resolver that
// has gone blind would look like a clean house.
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fromRoot, requireFromRoot } from './lib/repository.mjs';

const { ESLint } = requireFromRoot('eslint');
const rooms = requireFromRoot('./eslint-rooms.js');

const ZONES = 'import/no-restricted-paths';

/** A package of its own, in which every folder has a door and a file behind it. */
function createSkeleton(role, folders) {
  const dir = mkdtempSync(join(tmpdir(), 'postroom-rooms-'));
  const write = (path, text) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  write('package.json', JSON.stringify({ name: 'x', backstage: { role } }));
  for (const folder of folders) {
    write(`src/${folder}/index.ts`, 'export {};\n');
    write(`src/${folder}/inner.ts`, 'export {};\n');
  }
  // ESLint looks for its plugins and parsers from here.
  symlinkSync(fromRoot('node_modules'), join(dir, 'node_modules'), 'junction');
  return dir;
}

/** Lints lines as if they were the file; returns the messages of each line. */
function createLint(dir, baseConfig) {
  const eslint = new ESLint({ cwd: dir, useEslintrc: false, baseConfig });
  return async (path, lines) => {
    const [{ messages }] = await eslint.lintText(`${lines.join('\n')}\n`, {
      filePath: join(dir, path),
    });
    return lines.map((_, index) =>
      messages.filter(({ line }) => line === index + 1),
    );
  };
}

function messagesOf(rule, messages) {
  return messages
    .filter(({ ruleId }) => ruleId === rule)
    .map(({ message }) => message);
}

/** Lints one file that imports from each of the places, and looks at the zones. */
async function lintImports(lint, path, specifiers) {
  const found = await lint(
    path,
    specifiers.map(specifier => `import '${specifier}';`),
  );
  return found.map(messages => messagesOf(ZONES, messages));
}

/** The rooms that are reached from a room by following the table. */
function reachable(table, room, seen = new Set()) {
  for (const next of table[room]) {
    if (!seen.has(next)) {
      seen.add(next);
      reachable(table, next, seen);
    }
  }
  return seen;
}

describe('rooms of the back end', () => {
  const names = Object.keys(rooms.BACKEND_ROOMS);
  let dir;
  let lint;
  before(() => {
    // The resolver looks from the importing file's folder, which must exist.
    dir = createSkeleton('backend-plugin', [
      ...names,
      'oauth/vault',
      '__testUtils__',
    ]);
    lint = createLint(dir, rooms.backend(dir));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('has a table without a cycle that names known rooms only', () => {
    for (const [room, imports] of Object.entries(rooms.BACKEND_ROOMS)) {
      assert.deepEqual(
        imports.filter(other => !names.includes(other)),
        [],
      );
      assert.ok(!reachable(rooms.BACKEND_ROOMS, room).has(room), room);
    }
  });

  it('lets every allowed pair pass and reports all others by their rule', async () => {
    const count = { passed: 0, reported: 0 };
    for (const [room, imports] of Object.entries(rooms.BACKEND_ROOMS)) {
      const others = names.filter(other => other !== room);
      const found = await lintImports(
        lint,
        `src/${room}/probe.ts`,
        others.map(other => `../${other}`),
      );
      for (const [index, other] of others.entries()) {
        const pair = `${room} → ${other}`;
        if (imports.includes(other)) {
          assert.deepEqual(found[index], [], pair);
          count.passed += 1;
        } else {
          assert.equal(found[index].length, 1, pair);
          assert.match(found[index][0], new RegExp(`Room ${room} may import`));
          count.reported += 1;
        }
      }
    }
    assert.deepEqual(count, { passed: 39, reported: 171 });
  });

  it('keeps everybody at the door, deep in a room and in tests too', async () => {
    for (const [path, specifier, isReported] of [
      ['src/polling/probe.ts', '../inbox', false],
      ['src/polling/probe.ts', '../inbox/index', false],
      ['src/polling/probe.ts', '../inbox/inner', true],
      ['src/polling/probe.ts', './inner', false],
      ['src/oauth/vault/probe.ts', '../inner', false],
      ['src/oauth/vault/probe.ts', '../../database', false],
      ['src/oauth/vault/probe.ts', '../../inbox', true],
      ['src/polling/probe.ts', '../__testUtils__', true],
      ['src/polling/probe.test.ts', '../__testUtils__', false],
      ['src/polling/probe.test.ts', '../requests', false],
      ['src/polling/probe.test.ts', '../requests/inner', true],
      ['src/tests/whole.test.ts', '../requests/inner', false],
      ['src/plugin.ts', './requests', false],
      ['src/plugin.ts', './requests/inner', true],
      ['src/metrics.ts', './database', true],
    ]) {
      const [messages] = await lintImports(lint, path, [specifier]);
      assert.equal(messages.length > 0, isReported, `${path}: ${specifier}`);
    }
  });

  it('sees types and re-exports as what they are: imports', async () => {
    const found = await lint('src/inbox/probe.ts', [
      "import type { A } from '../oauth';",
      "export * from '../oauth';",
      "export type { B } from '../oauth';",
      "export type { C } from '../database';",
    ]);
    assert.deepEqual(
      found.map(messages => messagesOf(ZONES, messages).length),
      [1, 1, 1, 0],
    );
  });

  it('keeps libraries where they can be replaced', async () => {
    const core = 'no-restricted-imports';
    const typed = '@typescript-eslint/no-restricted-imports';
    for (const [path, specifier, rule, isReported] of [
      ['src/polling/PollDispatcher.ts', 'knex', core, true],
      ['src/polling/PollStateStore.ts', 'knex', core, false],
      ['src/oauth/vault/GrantStore.ts', 'knex', core, false],
      ['src/database/leases.ts', 'knex', core, false],
      ['src/polling/PollStateStore.ts', './x.test', core, true],
      ['src/polling/pollMailbox.ts', 'imapflow', typed, true],
      ['src/transport/openSession.ts', 'imapflow', typed, true],
      ['src/transport/imap/ImapSession.ts', 'imapflow', typed, false],
      ['src/transport/imap/ImapSession.ts', 'libmime', typed, true],
      ['src/processing/parse/parseMessage.ts', 'libmime', typed, false],
      ['src/processing/processMessage.ts', 'libmime', typed, true],
      ['src/secrets/seal.ts', 'jose', typed, false],
      ['src/oauth/vault/TokenVault.ts', 'jose', typed, true],
      ['src/oauth/vault/TokenVault.ts', 'oauth4webapi', typed, false],
      ['src/egress/pinnedFetch.ts', 'undici', typed, false],
    ]) {
      const [messages] = await lint(path, [`import '${specifier}';`]);
      assert.equal(
        messagesOf(rule, messages).length > 0,
        isReported,
        `${path}: ${specifier}`,
      );
    }
  });

  it('knows one place for engines, and the database for the time', async () => {
    const engine = 'export const e = knex.client.config.client;';
    const now = 'export const d = new Date();';
    const today = 'export const t = Date.now();';
    const given = 'export const g = new Date(text);';
    const where = 'export const w = `${__dirname}`;';
    for (const [path, expected] of [
      ['src/inbox/InboxStore.ts', [1, 1, 1, 0, 1]],
      ['src/database/dialect.ts', [0, 1, 1, 0, 1]],
      ['src/lib/sleep.ts', [1, 0, 0, 0, 1]],
      ['src/inbox/InboxStore.test.ts', [0, 0, 0, 0, 0]],
    ]) {
      const found = await lint(path, [engine, now, today, given, where]);
      assert.deepEqual(
        found.map(line => messagesOf('no-restricted-syntax', line).length),
        expected,
        path,
      );
    }
  });

  it('is what the plugin is linted with', async () => {
    const plugin = fromRoot('plugins', 'incoming-mail-backend');
    const eslint = new ESLint({ cwd: plugin });
    const { rules } = await eslint.calculateConfigForFile(
      join(plugin, 'src', 'polling', 'pollMailbox.ts'),
    );
    assert.deepEqual(rules[ZONES], rooms.backend(plugin).rules[ZONES]);
  });
});

describe('folders of the front end', () => {
  const names = Object.keys(rooms.FRONTEND_FOLDERS);
  let dir;
  let lint;
  before(() => {
    dir = createSkeleton('frontend-plugin', names);
    lint = createLint(dir, rooms.frontend(dir));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('lets pages see what is below them, and never each other', async () => {
    for (const [folder, imports] of Object.entries(rooms.FRONTEND_FOLDERS)) {
      assert.ok(!reachable(rooms.FRONTEND_FOLDERS, folder).has(folder), folder);
      const others = names.filter(other => other !== folder);
      const found = await lintImports(
        lint,
        `src/${folder}/probe.tsx`,
        others.map(other => `../${other}/inner`),
      );
      others.forEach((other, index) => {
        assert.equal(
          found[index].length,
          imports.includes(other) ? 0 : 1,
          `${folder} → ${other}`,
        );
      });
    }
  });

  it('is what the plugin is linted with', async () => {
    const plugin = fromRoot('plugins', 'incoming-mail');
    const eslint = new ESLint({ cwd: plugin });
    const { rules } = await eslint.calculateConfigForFile(
      join(plugin, 'src', 'admin', 'IncomingMailAdminPage.tsx'),
    );
    assert.deepEqual(rules[ZONES], rooms.frontend(plugin).rules[ZONES]);
  });
});
