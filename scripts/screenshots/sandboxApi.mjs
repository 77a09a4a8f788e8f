// SPDX-License-Identifier: Apache-2.0

async function ask(sandboxUrl, path, { method, body, type, what }) {
  const response = await fetch(`${sandboxUrl}/api/${path}`, {
    method,
    headers: { 'content-type': type },
    body,
  });
  if (!response.ok) {
    throw new Error(`The sandbox did not ${what}: ${response.status}`);
  }
}

/** Puts a mail, byte for byte, into a mailbox of the sandbox. */
export function deliverMail(sandboxUrl, address, raw) {
  return ask(sandboxUrl, `messages?to=${encodeURIComponent(address)}`, {
    method: 'POST',
    type: 'message/rfc822',
    body: raw,
    what: 'take a mail',
  });
}

/** Adds an account to the sandbox. */
export function addAccount(sandboxUrl, account) {
  return ask(sandboxUrl, 'accounts', {
    method: 'POST',
    type: 'application/json',
    body: JSON.stringify(account),
    what: 'add an account',
  });
}

/** Has the sandbox misbehave; see its README. */
export function setFaults(sandboxUrl, faults) {
  return ask(sandboxUrl, 'faults', {
    method: 'PUT',
    type: 'application/json',
    body: JSON.stringify(faults),
    what: 'take a fault',
  });
}
