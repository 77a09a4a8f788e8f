// SPDX-License-Identifier: Apache-2.0
// Loaded in each thread of a replica that reads mail: has mails be found there
// that are the end of whoever reads them. No parser of ours has such a mail.
const Module = require('node:module');
const { isMainThread } = require('node:worker_threads');

/** A header's name; what the mail does stands behind it. */
const HEADER = 'X-Chaos-Parser: ';

const ENDS = {
  /** All memory that a thread may have is used up, and Node ends it. */
  memory() {
    const hoard = [];
    for (;;) {
      hoard.push(new Array(100_000).fill({}));
    }
  },
  /** It is gone, without a word. */
  gone() {
    process.exit(1);
  },
};

function endOf(raw) {
  const head = raw.subarray(0, 4_096).toString('latin1');
  const at = head.indexOf(HEADER);
  return at === -1
    ? undefined
    : ENDS[/^\w+/.exec(head.slice(at + HEADER.length))?.[0]];
}

if (!isMainThread) {
  const load = Module._load;
  Module._load = function loadOrPoison(request, parent, isMain) {
    const exported = load.call(this, request, parent, isMain);
    if (request !== './parseMessage') {
      return exported;
    }
    return {
      ...exported,
      parseMessage: (raw, ...others) => {
        endOf(raw)?.();
        return exported.parseMessage(raw, ...others);
      },
    };
  };
}

module.exports = { HEADER, kinds: Object.keys(ENDS) };
