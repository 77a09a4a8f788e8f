// SPDX-License-Identifier: Apache-2.0

/** The middle of some numbers; of an even count the lower middle. */
export function median(numbers) {
  const sorted = numbers.filter(n => n !== undefined).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

const COSTS = ['cpuSeconds', 'serverCpuSeconds', 'databaseCpuSeconds'];

/**
 * One row from the rounds of one contestant.
 *
 * @param {{ id: string, name: string }} contestant
 * @param {object[]} rounds - what each round measured
 */
export function toRow({ id, name, version }, rounds) {
  const perMail = field =>
    median(
      rounds.map(one =>
        one[field] === undefined ? undefined : (one[field] * 1000) / one.count,
      ),
    );
  const [cpu, server, database] = COSTS.map(perMail);
  return {
    id,
    name,
    ...(version && { version }),
    mails: rounds[0].count,
    rates: rounds.map(({ count, seconds }) => round(count / seconds)),
    mailsPerSecond: round(
      median(rounds.map(({ count, seconds }) => count / seconds)),
    ),
    cpuMsPerMail: round(cpu, 2),
    mailServerCpuMsPerMail: round(server, 2),
    ...(database !== undefined && {
      databaseCpuMsPerMail: round(database, 2),
    }),
    peakMb: round(Math.max(...rounds.map(({ peakMb }) => peakMb))),
    ...(rounds[0].overIdleMb !== undefined && {
      overIdleMb: round(Math.max(...rounds.map(r => r.overIdleMb))),
    }),
  };
}

const RATIOS = [
  ['accept', 'mbsyncFsync'],
  ['accept', 'mailRoom'],
  ['endToEnd', 'redmine'],
  ['endToEnd', 'getmail6'],
  ['endToEnd', 'fetchmail'],
  ['endToEndSqlite', 'endToEnd'],
];

/** Rates against each other; what was not measured has no ratio. */
export function toRatios(rows) {
  const rateOf = new Map(rows.map(row => [row.id, row.mailsPerSecond]));
  return Object.fromEntries(
    RATIOS.filter(pair => pair.every(id => rateOf.has(id))).map(
      ([one, other]) => [
        `${one}/${other}`,
        round(rateOf.get(one) / rateOf.get(other), 2),
      ],
    ),
  );
}

/** The rows and ratios as a table for a person. */
export function toTable({ rows, ratios, absent }) {
  const head = [
    'what',
    'mails',
    'mails/s',
    'rounds',
    'CPU ms/mail',
    'Dovecot',
    'database',
    'peak MB',
    'over idle',
  ];
  const lines = rows.map(row => [
    row.name,
    row.mails,
    row.mailsPerSecond,
    row.rates.join(' / '),
    row.cpuMsPerMail,
    row.mailServerCpuMsPerMail,
    row.databaseCpuMsPerMail ?? '',
    row.peakMb,
    row.overIdleMb ?? '',
  ]);
  const all = [head, ...lines].map(line => line.map(String));
  const widths = head.map((_, at) => Math.max(...all.map(l => l[at].length)));
  const toLine = line =>
    `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`;
  return [
    toLine(all[0]),
    rule,
    ...all.slice(1).map(toLine),
    '',
    ...Object.entries(ratios).map(([name, ratio]) => `${name}: ${ratio}`),
    ...(absent.length > 0 ? [`absent: ${absent.join(', ')}`] : []),
  ].join('\n');
}

function round(number, digits = 0) {
  return Number(number.toFixed(digits));
}
