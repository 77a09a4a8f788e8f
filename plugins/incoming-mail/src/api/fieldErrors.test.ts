// SPDX-License-Identifier: Apache-2.0
import { aRefusal } from '../__testUtils__/samples';
import { errorAt, fieldErrorsOf } from './fieldErrors';

describe('fieldErrorsOf', () => {
  it('reads the list of fields of a 400', async () => {
    const error = await aRefusal(400, 'Invalid input: whatever', [
      { path: 'body.server.host', message: 'is not a host name' },
      { path: 'body.name', message: 'is required' },
    ]);
    expect(fieldErrorsOf(error)).toEqual({
      'server.host': 'is not a host name',
      name: 'is required',
    });
  });

  it('reads the sentence where there is no list', async () => {
    const error = await aRefusal(
      400,
      'Invalid input: body.mailHosts[0].host is not a host name; something else; body.name is required',
    );
    expect(fieldErrorsOf(error)).toEqual({
      'mailHosts.0.host': 'is not a host name',
      name: 'is required',
    });
  });

  it('finds none in anything else', async () => {
    expect(fieldErrorsOf(await aRefusal(400, 'No'))).toEqual({});
    expect(fieldErrorsOf(await aRefusal(409, 'body.name is taken'))).toEqual(
      {},
    );
    expect(fieldErrorsOf(new Error('body.name is required'))).toEqual({});
    expect(fieldErrorsOf(undefined)).toEqual({});
  });
});

describe('errorAt', () => {
  it('finds the field or what is below it, as a sentence', () => {
    const errors = { 'scopes.2': 'is not a scope', name: 'is required' };
    expect(errorAt(errors, 'name')).toBe('Is required');
    expect(errorAt(errors, 'scopes')).toBe('Is not a scope');
    expect(errorAt(errors, 'scope')).toBeUndefined();
  });
});
