// SPDX-License-Identifier: Apache-2.0
import { AttachmentStream, MailParser } from 'mailparser';
import { MimeAttachment } from '../readMime';

/** What another parser makes of a mail: the measure of ours. */
export interface OracleReading {
  /** The HTML parts, in their order. */
  readonly html?: string;
  readonly attachments: readonly MimeAttachment[];
}

/** Reads a well-formed mail with mailparser. Rejects where it gives up. */
export function readMimeByMailparser(raw: Buffer): Promise<OracleReading> {
  return new Promise((resolve, reject) => {
    const parser = new MailParser({
      ignoreEmbedded: true,
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipImageLinks: true,
      checksumAlgo: false,
    });
    const attachments: MimeAttachment[] = [];
    let html: string | undefined;
    parser.on('error', reject);
    parser.on('data', part => {
      if (part.type === 'text') {
        html = typeof part.html === 'string' ? part.html : undefined;
      } else {
        collect(part, attachments);
      }
    });
    parser.on('end', () =>
      resolve({ ...(html !== undefined && { html }), attachments }),
    );
    parser.end(raw);
  });
}

function collect(part: AttachmentStream, attachments: MimeAttachment[]) {
  const chunks: Buffer[] = [];
  part.content.on('data', chunk => chunks.push(chunk));
  part.content.on('end', () => {
    attachments.push({
      filename: part.filename,
      contentType: part.contentType,
      contentId: part.cid,
      content: Buffer.concat(chunks),
    });
    part.release?.();
  });
}
