// SPDX-License-Identifier: Apache-2.0

// Browsers start to read the object URL right after the click.
const KEEP_MS = 60_000;

/**
 * Has the browser save a file. It was fetched with the person's token, which
 * a plain link could not send.
 */
export function offerDownload(file: Blob, name: string): void {
  // The type keeps a browser from showing the mail under the portal's origin.
  const blob = new Blob([file], { type: 'application/octet-stream' });
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
