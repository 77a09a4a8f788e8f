// SPDX-License-Identifier: Apache-2.0
import { endpoints } from '@postroom/plugin-incoming-mail-common';
import { FieldsError, parseRequest } from './parseRequest';

const params = { kind: 'component', namespace: 'default', name: 'payments' };

const fieldsOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldsError) {
      expect(error.name).toBe('InputError');
      return error.fields;
    }
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('parseRequest', () => {
  it('gives the parsed input with defaults', () => {
    const input = parseRequest(endpoints.listRequests, {
      params,
      query: { limit: '7' },
      body: undefined,
    });
    expect(input).toEqual({ params, query: { limit: 7 }, body: undefined });
    expect(
      parseRequest(endpoints.listRequests, {
        params,
        query: {},
        body: undefined,
      }).query,
    ).toEqual({ limit: 50 });
  });

  it('names every wrong field of every part', () => {
    const fields = fieldsOf(() =>
      parseRequest(endpoints.createChannel, {
        params: { ...params, name: '' },
        query: { surprise: '1' },
        body: {
          address: 'not an address',
          server: { protocol: 'imap', host: 'a b', port: 70000 },
          authentication: { method: 'oauth', integrationId: 7, secret: 'x' },
        },
      }),
    );
    expect(fields.map(field => field.path)).toEqual([
      'params.name',
      'query.surprise',
      'body.address',
      'body.server.host',
      'body.server.port',
      'body.server.security',
      'body.authentication.integrationId',
      'body.authentication.secret',
    ]);
    expect(fields[3].message).toBe('is not a host name');
  });

  it.each([[undefined], [null], ['text'], [[]], [42]])(
    'refuses %p where a body is needed',
    body => {
      const fields = fieldsOf(() =>
        parseRequest(endpoints.startConsent, { params, query: {}, body }),
      );
      expect(fields[0].path).toBe('body');
    },
  );

  it('says what is required in plain words', () => {
    const fields = fieldsOf(() =>
      parseRequest(endpoints.startConsent, { params, query: {}, body: {} }),
    );
    expect(fields).toEqual([
      { path: 'body.returnOrigin', message: 'is required' },
    ]);
  });

  it('refuses a body where there is none, and bounds what it lists', () => {
    expect(
      fieldsOf(() =>
        parseRequest(endpoints.getChannel, {
          params,
          query: {},
          body: { x: 1 },
        }),
      )[0].path,
    ).toBe('body');
    const scopes = Array.from({ length: 49 }, () => 'two words');
    const fields = fieldsOf(() =>
      parseRequest(endpoints.createIntegration, {
        params: {},
        query: {},
        body: { scopes },
      }),
    );
    expect(fields).toHaveLength(20);
  });
});
