// SPDX-License-Identifier: Apache-2.0
const dns = require('node:dns');

/**
 * Has `localhost` stand for one address of loopback in this process, whoever
 * asks. On Linux all of 127.0.0.0/8 is there.
 */
function resolveLocalhost(address) {
  const original = { lookup: dns.lookup, promise: dns.promises.lookup };
  const answer = all =>
    all ? [{ address, family: 4 }] : { address, family: 4 };

  dns.lookup = (host, options, callback) => {
    const done = callback ?? options;
    if (host !== 'localhost') {
      original.lookup(host, options, callback);
    } else if (options?.all) {
      process.nextTick(done, null, answer(true));
    } else {
      process.nextTick(done, null, address, 4);
    }
  };
  dns.promises.lookup = async (host, options) =>
    host === 'localhost'
      ? answer(options?.all)
      : original.promise(host, options);
}

module.exports = { resolveLocalhost };
