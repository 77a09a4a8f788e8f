// SPDX-License-Identifier: Apache-2.0

/** What the output of npx, Yarn or node-gyp says → what a person can do. */
const CAUSES = [
  {
    pattern: /ENOSPC|no space left on device|SQLITE_FULL/i,
    sentence:
      'The disk is full: dependencies need about 2 GB. Make room and try again.',
  },
  {
    // YN0028: Yarn would have to change yarn.lock, which --immutable forbids.
    pattern: /YN0028|lockfile would have been (modified|created)/,
    sentence:
      'yarn.lock does not fit the package.json files. Whoever changed a dependency runs `npx @yarnpkg/cli-dist install` and commits yarn.lock.',
  },
  {
    pattern:
      /not found: make|no acceptable C compiler|Could not find any Python|find Python|find Visual Studio|(g\+\+|gcc|c\+\+|clang\+\+|cc1plus): (command )?not found|command 'g\+\+'|No Xcode or CLT/i,
    sentence:
      'better-sqlite3 has to be compiled here and the tools are missing: install a C++ compiler, make and Python 3 (Debian: `apt-get install build-essential python3`; macOS: `xcode-select --install`) and try again.',
  },
  {
    pattern: /node\.h: No such file|gyp ERR!.*(headers|node-v[\d.]+-headers)/is,
    sentence:
      "Node's headers could neither be found nor fetched, and better-sqlite3 is compiled against them. Set npm_config_nodedir to the folder that holds include/node/node.h and try again.",
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network timeout|YN0001.*RequestError|npm (ERR!|error) network/,
    sentence:
      'The npm registry could not be reached. Check the network (and, behind a proxy, YARN_HTTPS_PROXY or YARN_NPM_REGISTRY_SERVER) and try again.',
  },
  {
    pattern: /gyp ERR!|YN0009/,
    sentence:
      'A native module (most likely better-sqlite3) could not be built; the lines above say why.',
  },
  {
    pattern: /EACCES|EPERM/,
    sentence:
      'A file could not be written: node_modules or a cache belongs to another user. Give it back to yourself and try again.',
  },
];

/**
 * One sentence for a failed installation. The order of the causes matters: a
 * full disk or a missing compiler drags errors of the later kinds behind it.
 *
 * @param {string} output - all that the installation printed
 */
export function explainInstallFailure(output) {
  return (
    CAUSES.find(({ pattern }) => pattern.test(output))?.sentence ??
    'The installation of the dependencies failed; the lines above say why.'
  );
}
