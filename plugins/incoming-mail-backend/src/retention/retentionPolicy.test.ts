// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { retentionPolicy } from './retentionPolicy';

const nothing = { removeOld: async () => 0 };
const rules = retentionPolicy(
  { rawMailMs: 1, heldMailMs: 2, journalMs: 3, noticesMs: 4 },
  {
    rawMails: nothing,
    oauth: {
      removeOldConsents: async () => 0,
      removeOldLinks: async () => 0,
      removeFormerTokens: async () => 0,
    },
    journal: nothing,
    notices: nothing,
    drafts: nothing,
    gates: nothing,
  },
);

describe('retentionPolicy', () => {
  it('names settings that exist, and all that exist', () => {
    const config = readFileSync(
      resolve(__dirname, '../../config.d.ts'),
      'utf8',
    );
    const [, section] = /retention\?: \{([^}]*)\}/.exec(config) ?? [];
    const keys = [...section.matchAll(/^ {6}(\w+)\?: HumanDuration/gm)];
    expect(rules.flatMap(({ setting }) => setting ?? []).sort()).toEqual(
      keys.map(([, key]) => `incomingMail.retention.${key}`).sort(),
    );
  });

  it('is what the guide for operators tells', () => {
    const guide = readFileSync(
      resolve(__dirname, '../../../../docs/operate.md'),
      'utf8',
    );
    for (const { what, setting } of rules) {
      expect(guide).toContain(`| ${what} `);
      expect(guide).toContain(setting ?? '');
    }
  });
});
