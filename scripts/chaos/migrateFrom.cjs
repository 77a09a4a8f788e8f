// SPDX-License-Identifier: Apache-2.0
const Module = require('node:module');

const PLATFORM = '@backstage/backend-plugin-api';
const BACKEND = '@postroom/plugin-incoming-mail-backend';

/**
 * Has the back end in this process find its migrations in another folder: as a
 * version that has more of them than the present one does.
 *
 * @param {string} folder
 */
function migrateFrom(folder) {
  const load = Module._load;
  let swapped;
  Module._load = function loadOrSwap(request, parent, isMain) {
    const exported = load.call(this, request, parent, isMain);
    if (request !== PLATFORM) {
      return exported;
    }
    // Exports of compiled modules are getters that cannot be redefined.
    swapped ??= {
      ...exported,
      resolvePackagePath: (name, ...path) =>
        name === BACKEND && path.join('/') === 'migrations'
          ? folder
          : exported.resolvePackagePath(name, ...path),
    };
    return swapped;
  };
}

module.exports = { migrateFrom };
