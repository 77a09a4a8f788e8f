// SPDX-License-Identifier: Apache-2.0
import { createHostPolicy } from './hostPolicy';
import { pinnedLookup, resolveHost } from './resolveHost';

const policy = createHostPolicy({ allowPrivate: ['127.0.0.1'] });

function answering(...addresses: string[]) {
  return jest.fn(async () => addresses.map(address => ({ address })));
}

describe('resolveHost', () => {
  it('returns all addresses of a host', async () => {
    const lookup = answering('142.250.27.108', '2a00:1450:4025:c01::6c');

    await expect(
      resolveHost('imap.example', { policy, lookup }),
    ).resolves.toEqual([
      { address: '142.250.27.108', family: 4 },
      { address: '2a00:1450:4025:c01::6c', family: 6 },
    ]);
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  it('refuses a host of which a single address is not allowed', async () => {
    const lookup = answering('142.250.27.108', '10.0.0.1');

    await expect(
      resolveHost('imap.example', { policy, lookup }),
    ).rejects.toMatchObject({ code: 'host-not-allowed' });
  });

  it('judges literals without resolving them', async () => {
    const lookup = answering('142.250.27.108');

    await expect(resolveHost('127.0.0.1', { policy, lookup })).resolves.toEqual(
      [{ address: '127.0.0.1', family: 4 }],
    );
    for (const literal of ['10.0.0.1', '::1', '::ffff:169.254.169.254']) {
      await expect(
        resolveHost(literal, { policy, lookup }),
      ).rejects.toMatchObject({ code: 'host-not-allowed' });
    }
    expect(lookup).not.toHaveBeenCalled();
  });

  it('judges what lenient spellings of an address resolve to', async () => {
    for (const spelling of ['127.2', '0x7f.2', '2130706434', '0177.0.0.2']) {
      await expect(resolveHost(spelling, { policy })).rejects.toMatchObject({
        code: expect.stringMatching(/^host-not-(allowed|found)$/),
      });
    }
  });

  it('says so when there is no such host, no answer and no address', async () => {
    const failing = async () => {
      throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const silent = () => new Promise<never>(() => {});

    for (const lookup of [failing, silent, answering()]) {
      await expect(
        resolveHost('imap.example', { policy, lookup, timeoutMs: 5 }),
      ).rejects.toMatchObject({ name: 'MailFailure', code: 'host-not-found' });
    }
  });

  it('throws the reason of an abort', async () => {
    const controller = new AbortController();
    const resolving = resolveHost('imap.example', {
      policy,
      lookup: () => new Promise<never>(() => {}),
      signal: controller.signal,
    });
    controller.abort(new Error('stopped'));

    await expect(resolving).rejects.toThrow('stopped');
  });
});

describe('pinnedLookup', () => {
  it('answers in both shapes that sockets ask for', () => {
    const lookup = pinnedLookup([
      { address: '192.0.2.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    const callback = jest.fn();

    lookup('ignored.example', { all: true }, callback);
    expect(callback).toHaveBeenLastCalledWith(null, [
      { address: '192.0.2.1', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    lookup('ignored.example', {}, callback);
    expect(callback).toHaveBeenLastCalledWith(null, '192.0.2.1', 4);
  });
});
