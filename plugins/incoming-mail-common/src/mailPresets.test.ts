// SPDX-License-Identifier: Apache-2.0
import { authenticationSchema } from './authentication';
import { mailHostSchema, MailHost } from './integrations';
import {
  findMailPreset,
  findMailSetupProblems,
  mailPresets,
  MailSetup,
  mailSetupProblemTexts,
  usualPort,
} from './mailPresets';
import { startImportSchema } from './imports';
import { mailServerSettingsSchema } from './mailServers';

const presetOf = (id: string) => mailPresets.find(preset => preset.id === id)!;
const host: MailHost = {
  protocol: 'imap',
  host: 'imap.corp.test',
  port: 993,
  security: 'tls',
};
const integration = {
  name: 'Corp',
  provider: 'custom' as const,
  mailHosts: [host],
  protocols: ['imap' as const],
  allowedDomains: ['corp.test'],
  ready: true,
};

describe('mailPresets', () => {
  it('names servers that can be saved, one for each protocol', () => {
    for (const { id, servers } of mailPresets) {
      servers.forEach(server =>
        expect(mailHostSchema.parse(server)).toEqual(server),
      );
      expect([id, servers.map(({ protocol }) => protocol)]).toEqual([
        id,
        id === 'custom' ? [] : ['imap', 'pop3'],
      ]);
    }
    expect(new Set(mailPresets.map(({ id }) => id)).size).toBe(
      mailPresets.length,
    );
  });

  it('is found by a server, and is custom where none is known', () => {
    expect(findMailPreset({ host: ' IMAP.Gmail.com ' }).id).toBe('google');
    expect(findMailPreset({ host: 'outlook.office365.com' }).id).toBe(
      'microsoft-365',
    );
    expect(findMailPreset(host).id).toBe('custom');
    expect(findMailPreset({ host: 'gmail.com.evil.test' }).id).toBe('custom');
  });

  it('knows the usual ports', () => {
    expect(usualPort('imap', 'tls')).toBe(993);
    expect(usualPort('imap', 'starttls')).toBe(143);
    expect(usualPort('pop3', 'tls')).toBe(995);
    expect(usualPort('pop3', 'none')).toBe(110);
  });
});

describe('findMailSetupProblems', () => {
  const codesOf = (setup: MailSetup) =>
    findMailSetupProblems(setup).map(({ code }) => code);

  it('S51 S64: finds nothing against what an integration allows, and nothing known against a password', () => {
    expect(codesOf({})).toEqual([]);
    expect(codesOf({ server: host, address: 'a@evil.test' })).toEqual([]);
    expect(
      codesOf({ server: host, address: 'a@corp.test', integration }),
    ).toEqual([]);
    expect(
      codesOf({
        preset: presetOf('custom'),
        integration: { ...integration, provider: 'microsoft' },
      }),
    ).toEqual([]);
  });

  it.each<[string, MailSetup, string[]]>([
    [
      'an integration without a secret',
      { integration: { ...integration, ready: false } },
      ['integration-not-ready'],
    ],
    [
      'another provider’s integration',
      {
        preset: presetOf('google'),
        integration: { ...integration, provider: 'microsoft' },
      },
      ['other-provider'],
    ],
    [
      'a server that the integration does not list',
      { server: { ...host, port: 994 }, integration },
      ['host-not-of-integration'],
    ],
    [
      'POP3 that no scope allows',
      {
        server: { ...host, protocol: 'pop3', port: 995 },
        integration: {
          ...integration,
          mailHosts: [{ ...host, protocol: 'pop3', port: 995 }],
        },
      },
      ['protocol-not-granted'],
    ],
    [
      'an address of another domain',
      { address: 'a@corp.test.evil', integration },
      ['domain-not-allowed'],
    ],
    [
      'a password at Microsoft',
      { preset: presetOf('microsoft-365') },
      ['password-ended'],
    ],
    [
      'a password at a server of Microsoft’s',
      { server: { ...host, host: 'outlook.office365.com' } },
      ['password-ended'],
    ],
    [
      'POP3 with STARTTLS',
      { server: { ...host, protocol: 'pop3', security: 'starttls' } },
      ['pop3-starttls'],
    ],
  ])('tells that %s cannot work', (_, setup, codes) => {
    const problems = findMailSetupProblems(setup);
    expect(problems.map(({ code }) => code)).toEqual(codes);
    problems.forEach(({ code, message, impossible }) => {
      expect(impossible).toBe(true);
      expect(message).not.toContain('{{');
      expect(mailSetupProblemTexts[code]).toBeDefined();
    });
  });

  it('warns of what may not work', () => {
    expect(findMailSetupProblems({ preset: presetOf('google') })).toMatchObject(
      [{ code: 'app-password', impossible: false, subject: 'Google' }],
    );
    expect(
      findMailSetupProblems({ server: { ...host, security: 'none' } }),
    ).toMatchObject([{ code: 'not-encrypted', impossible: false }]);
  });
});

describe('the settings of a mailbox', () => {
  it('refuse names and passwords that would end a line', () => {
    const password = (value: string) =>
      authenticationSchema.safeParse({ method: 'password', password: value })
        .success;
    expect(password('correct horse')).toBe(true);
    expect(password('a\r\nb')).toBe(false);
    expect(password('a\0b')).toBe(false);
    expect(password('')).toBe(false);
  });

  it('have defaults that destroy nothing', () => {
    const settings = mailServerSettingsSchema.parse({
      name: 'Alerts',
      address: 'Alerts@Corp.Test',
      server: host,
      authentication: { method: 'password' },
      handlers: [{ handlerId: 'one' }],
    });
    expect(settings).toMatchObject({
      address: 'alerts@corp.test',
      folder: 'INBOX',
      timeoutSeconds: 30,
      aliases: [],
      afterStoring: { action: 'mark-read' },
      handlers: [{ handlerId: 'one', settings: {} }],
      enabled: true,
    });
    const twice = ['a@corp.test', 'A@corp.test'];
    expect(
      mailServerSettingsSchema.safeParse({ ...settings, aliases: twice })
        .success,
    ).toBe(false);
  });

  it('ask for older mail since a day or for so many, not both', () => {
    const accepts = (wanted: object) =>
      startImportSchema.safeParse(wanted).success;
    expect(accepts({ since: '2026-02-28' })).toBe(true);
    expect(accepts({ last: 10_000 })).toBe(true);
    for (const wanted of [
      {},
      { since: '2026-02-30' },
      { last: 0 },
      { last: 10_001 },
      { since: '2026-02-28', last: 1 },
    ]) {
      expect(accepts(wanted)).toBe(false);
    }
  });
});
