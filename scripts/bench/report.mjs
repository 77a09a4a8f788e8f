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

const RATE_HEAD = [
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

/** A run as Markdown, to be pasted into docs/performance.md. */
export function toMarkdown({ machine, rows, ratios, costs, growth, absent }) {
  const { cpu, cores, memoryGb, node, loadBefore, loadAfter, corpus } = machine;
  const load = [loadBefore, loadAfter].map(n => n.toFixed(1)).join(' and ');
  return [
    `${cores} cores (${cpu}), ${memoryGb} GB, Node ${node}; load ${load} before and after; a corpus of ${corpus.mails} mails, ${corpus.megabytes} MB.`,
    toTable(
      RATE_HEAD,
      rows.map(row => [
        row.version ? `${row.name} (${row.version})` : row.name,
        row.mails,
        row.mailsPerSecond,
        row.rates.join(' / '),
        row.cpuMsPerMail,
        row.mailServerCpuMsPerMail,
        row.databaseCpuMsPerMail ?? '',
        row.peakMb,
        row.overIdleMb ?? '',
      ]),
    ),
    Object.keys(ratios).length > 0 &&
      toTable(['ratio', ''], Object.entries(ratios)),
    costs &&
      toTable(
        ['cost', ''],
        costs.map(({ name, value, unit }) => [name, `${value} ${unit}`]),
      ),
    growth &&
      toTable(
        ['channels', 'CPU ms/visit', 'CPU ms/mail', 'database, CPU ms in all'],
        growth.map(Object.values),
      ),
    absent.length > 0 && `Absent: ${absent.join(', ')}.`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function toTable(head, lines) {
  const all = [head, ...lines].map(line => line.map(String));
  const widths = head.map((_, at) =>
    Math.max(3, ...all.map(line => line[at].length)),
  );
  const toLine = line =>
    `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`;
  return [toLine(all[0]), rule, ...all.slice(1).map(toLine)].join('\n');
}

function round(number, digits = 0) {
  return Number(number.toFixed(digits));
}
