// SPDX-License-Identifier: Apache-2.0
//
// The rooms of the plugins and what each may import, as ESLint configuration.
// The tables below are those of ARCHITECTURE.md; the rest of this file turns them
// into rules. scripts/eslintRooms.test.mjs proves that the rules hold and are not
// blind.
const createPackageConfig = require('@backstage/cli/config/eslint-factory');

/** Room of the back end → rooms that it may import, through their index.ts. */
const BACKEND_ROOMS = {
  database: [],
  secrets: [],
  egress: [],
  http: [],
  lib: [],
  journal: ['database', 'http'],
  transport: ['egress', 'secrets'],
  oauth: ['database', 'secrets', 'egress', 'http', 'lib'],
  inbox: ['database', 'http'],
  mailboxes: ['database', 'secrets', 'oauth', 'transport', 'http', 'journal'],
  polling: [
    'database',
    'lib',
    'mailboxes',
    'oauth',
    'transport',
    'inbox',
    'journal',
  ],
  processing: ['database', 'http', 'lib', 'mailboxes', 'inbox', 'journal'],
  requests: ['database', 'http', 'lib'],
  retention: ['database', 'inbox', 'journal', 'oauth'],
  health: ['database', 'http'],
};

/** Files that the rooms build on; the other files beside them see every room. */
const ROOMLESS_FILES = ['config', 'extensions', 'metrics', 'tracing'];

/** Library → the only places that may import it, so that it can be replaced. */
const LIBRARY_HOMES = {
  imapflow: ['src/transport/imap/**'],
  'node-pop3': ['src/transport/pop3/**'],
  libmime: ['src/processing/parse/**'],
  piscina: [
    'src/processing/parse/ParserPool.ts',
    'src/processing/parse/parseInThread.ts',
  ],
  mailparser: ['src/processing/parse/__testUtils__/**'],
  'html-to-text': ['src/processing/parse/**'],
  'sanitize-html': ['src/requests/safeHtml.ts'],
  oauth4webapi: ['src/oauth/**'],
  jose: ['src/secrets/**'],
  undici: ['src/egress/**'],
  'ipaddr.js': ['src/egress/**'],
};

/** Where SQL lives; everybody else is handed stores, and `Tx` from the door. */
const KNEX_HOMES = ['src/database/**', 'src/**/*Store.ts'];

/** Folder of the front end → folders that it may import. */
const FRONTEND_FOLDERS = {
  api: [],
  hooks: ['api'],
  components: ['hooks', 'api'],
  journal: ['components', 'hooks', 'api'],
  admin: ['journal', 'components', 'hooks', 'api'],
  channel: ['journal', 'components', 'hooks', 'api'],
  requests: ['components', 'hooks', 'api'],
};

const TEST_FILES = ['**/*.test.ts', '**/*.test.tsx'];

/** Suites of the whole plugin, and what tests share. */
const FREE_TEST_FILES = ['src/tests/**', 'src/__testUtils__/**'];

const KNEX_BAN = {
  name: 'knex',
  message: `knex stays in ${KNEX_HOMES.join(' and ')}.`,
};

const ENGINE_BAN = {
  selector:
    "MemberExpression[property.name='client'][object.property.name='config'][object.object.property.name='client']",
  message: 'Engines differ in src/database/dialect.ts and nowhere else.',
};

const CLOCK_BANS = [
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.object.name='Date'][callee.property.name='now']",
].map(selector => ({
  selector,
  message:
    'Have the database tell the time (src/database/time.ts), or a clock handed in.',
}));

/** Without this the resolver does not see TypeScript, and no zone ever speaks. */
const RESOLVER = {
  'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js', '.json'] } },
};

/** Rules for tests, beside the platform's. */
const TEST_RULES = {
  // A property and a helper that is called expect… assert as well.
  'jest/expect-expect': [
    'error',
    { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] },
  ],
  // Hostile addresses are what some tests are about.
  'no-script-url': 'off',
};

function zonesRule(dir, zones) {
  return {
    'import/no-restricted-paths': ['error', { basePath: dir, zones }],
  };
}

function listOf(names) {
  return names.length > 0 ? names.join(', ') : 'no other';
}

function doorOf(room) {
  return `./${room}/index.ts`;
}

/** Per room: all of src is closed to it but itself and the doors in the table. */
function roomZones() {
  return Object.entries(BACKEND_ROOMS).map(([room, imports]) => ({
    target: `./src/${room}`,
    from: './src',
    except: [`./${room}`, ...imports.map(doorOf)],
    message: `Room ${room} may import: ${listOf(
      imports,
    )}; a room's door is its index.ts.`,
  }));
}

function roomlessZones() {
  return ROOMLESS_FILES.map(file => ({
    target: `./src/${file}.ts`,
    from: Object.keys(BACKEND_ROOMS).map(room => `./src/${room}`),
    message: `${file}.ts may import no room.`,
  }));
}

/** What composes the plugin sees every room, but only its door. */
function composerZones() {
  return Object.keys(BACKEND_ROOMS).map(room => ({
    target: './src/*.ts',
    from: `./src/${room}`,
    except: ['./index.ts'],
    message: `The door of room ${room} is its index.ts.`,
  }));
}

/** A room's test may use whatever room it needs, but only through the door. */
function testZones() {
  const rooms = Object.keys(BACKEND_ROOMS);
  return rooms.map(room => ({
    target: `./src/${room}`,
    from: './src',
    except: [`./${room}`, './__testUtils__', ...rooms.map(doorOf)],
    message: `A test of room ${room} uses other rooms through their index.ts.`,
  }));
}

/** 'src/a/b/**' lies in 'src/a/**'. */
function liesIn(place, home) {
  return place.startsWith(home.replace('**', ''));
}

/** The ban of all libraries, but of those that are at home in `place`. */
function librariesRule(place) {
  const banned = Object.entries(LIBRARY_HOMES).filter(
    ([, homes]) => !homes.some(home => place && liesIn(place, home)),
  );
  const paths = banned.map(([name, homes]) => ({
    name,
    message: `${name} stays in ${homes.join(' and ')}.`,
  }));
  // The core rule of the same name holds the platform's bans and knex; one file
  // may be at home with knex and with a library.
  return { '@typescript-eslint/no-restricted-imports': ['error', { paths }] };
}

/** One override per home; the innermost last, since the last one wins. */
function libraryOverrides() {
  const homes = [...new Set(Object.values(LIBRARY_HOMES).flat())];
  return homes
    .sort((a, b) => a.length - b.length)
    .map(home => ({ files: [home], rules: librariesRule(home) }));
}

/**
 * Configuration of the back-end plugin in `dir`.
 *
 * A file that is free of one ban gets the whole rule anew, as the platform's
 * factory makes it without that ban: setting the rule directly would silently
 * drop the platform's own.
 */
function backend(dir) {
  const bans = {
    restrictedSrcImports: [KNEX_BAN],
    restrictedSrcSyntax: [ENGINE_BAN, ...CLOCK_BANS],
  };
  const without = (rule, changed) => ({
    [rule]: createPackageConfig(dir, { ...bans, ...changed }).rules[rule],
  });
  return createPackageConfig(dir, {
    ...bans,
    settings: RESOLVER,
    testRules: TEST_RULES,
    rules: {
      ...zonesRule(dir, [
        ...roomZones(),
        ...roomlessZones(),
        ...composerZones(),
      ]),
      ...librariesRule(),
    },
    overrides: [
      {
        files: KNEX_HOMES,
        excludedFiles: TEST_FILES,
        rules: without('no-restricted-imports', { restrictedSrcImports: [] }),
      },
      {
        files: ['src/database/dialect.ts'],
        rules: without('no-restricted-syntax', {
          restrictedSrcSyntax: CLOCK_BANS,
        }),
      },
      {
        files: ['src/lib/**'],
        excludedFiles: TEST_FILES,
        rules: without('no-restricted-syntax', {
          restrictedSrcSyntax: [ENGINE_BAN],
        }),
      },
      ...libraryOverrides(),
      {
        files: [...TEST_FILES, ...FREE_TEST_FILES],
        rules: {
          ...zonesRule(dir, testZones()),
          '@typescript-eslint/no-restricted-imports': 'off',
        },
      },
    ],
  });
}

/** Configuration of the front-end plugin in `dir`. */
function frontend(dir) {
  const folders = Object.keys(FRONTEND_FOLDERS);
  const zones = Object.entries(FRONTEND_FOLDERS).map(([folder, imports]) => ({
    target: `./src/${folder}`,
    from: folders
      .filter(other => other !== folder && !imports.includes(other))
      .map(other => `./src/${other}`),
    message: `Folder ${folder} may import: ${listOf(imports)}.`,
  }));
  return createPackageConfig(dir, {
    settings: RESOLVER,
    testRules: TEST_RULES,
    rules: zonesRule(dir, zones),
  });
}

module.exports = { BACKEND_ROOMS, FRONTEND_FOLDERS, backend, frontend };
