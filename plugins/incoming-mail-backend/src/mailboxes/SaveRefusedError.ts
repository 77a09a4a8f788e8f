// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { SaveObstacle } from '@postroom/plugin-incoming-mail-common';

const sentences: Readonly<Record<SaveObstacle, string>> = {
  'not-tested': 'Test the connection first: only what works can be saved',
  'changed-since-test':
    'What was tested is not what would be saved: test the connection again',
  'test-too-old':
    'The test was more than 15 minutes ago: test the connection again',
  'server-changed':
    'The mail server was changed by someone else meanwhile; open a new draft of it',
};

/** Answered as 409, with the reason as `error.reason`. */
export class SaveRefusedError extends ConflictError {
  readonly reason: SaveObstacle;

  constructor(reason: SaveObstacle) {
    super(sentences[reason]);
    this.name = 'ConflictError';
    this.reason = reason;
  }
}
