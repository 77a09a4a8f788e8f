// SPDX-License-Identifier: Apache-2.0

/**
 * Reads everything that became of a project's mail: requests with their
 * comments, and mails that are kept.
 *
 * @param {import('./Portal.mjs').Portal} portal
 * @param {string} project - the path of the project
 */
export async function readOutcome(portal, project) {
  const summaries = await portal.list(`${project}/requests`);
  const requests = await Promise.all(
    summaries.map(async ({ number }) => {
      const path = `${project}/requests/${number}`;
      return {
        request: await portal.call('GET', path),
        comments: await portal.list(`${path}/comments`),
      };
    }),
  );
  const messages = await portal.list(`${project}/messages`);
  const kept = await Promise.all(
    messages
      .filter(({ state }) => state === 'quarantined' || state === 'held')
      .map(({ id }) => portal.download(`${project}/messages/${id}/raw`)),
  );
  return { requests, kept, messages };
}

/**
 * What differs between the mails that were sent and what became of them, in
 * sentences. The markers count, from outside; the product's own counters are
 * not asked.
 *
 * @param {import('./mails.mjs').SmokeMail[]} mails
 */
export function findDifferences(mails, { requests, kept }) {
  return mails.flatMap(mail => {
    const asRequest = requests.filter(({ request }) => shows(request, mail));
    const asComment = requests.filter(({ comments }) =>
      comments.some(comment => shows(comment, mail)),
    );
    const commentCount = requests
      .flatMap(({ comments }) => comments)
      .filter(comment => shows(comment, mail)).length;
    const asKept = kept.filter(raw => raw.equals(mail.raw));
    const found = {
      request: asRequest.length,
      comment: commentCount,
      kept: asKept.length,
    };
    const wanted = { request: 0, comment: 0, kept: 0, [mail.becomes]: 1 };
    if (JSON.stringify(found) !== JSON.stringify(wanted)) {
      return [
        `${mail.kind} ${mail.marker}: wanted ${
          mail.becomes
        } once, found ${JSON.stringify(found)}`,
      ];
    }
    return mail.becomes === 'kept'
      ? []
      : findContentDifferences(mail, asRequest[0], asComment[0]);
  });
}

function findContentDifferences(mail, asRequest, asComment) {
  const made = mail.answers
    ? asComment.comments.find(comment => shows(comment, mail))
    : asRequest.request;
  const text = JSON.stringify(made);
  const differences = [
    ...mail.shows
      .filter(part => !text.includes(JSON.stringify(part).slice(1, -1)))
      .map(part => `does not show '${part}'`),
    ...mail.hides
      .filter(part => text.includes(part))
      .map(part => `shows '${part}'`),
  ];
  if (mail.answers && !shows(asComment.request, mail.answers)) {
    differences.push('is a comment on another request');
  }
  return differences.map(
    difference => `${mail.kind} ${mail.marker}: ${difference}`,
  );
}

// Not the reference in the reply's own header, which is not shown: the marker
// stands in the text of each mail.
function shows(made, mail) {
  return `${made.subject} ${made.text}`.includes(mail.marker);
}
