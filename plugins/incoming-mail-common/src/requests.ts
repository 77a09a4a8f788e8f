// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Who wrote. The address is what the mail says; nothing vouches for it. @public */
export const senderSchema = z.object({
  name: z.string().optional(),
  address: z.string().optional(),
});

/** See {@link senderSchema}. @public */
export type Sender = z.infer<typeof senderSchema>;

/** An attachment by its name, made safe for display. @public */
export const attachmentSummarySchema = z.object({
  name: z.string(),
  contentType: z.string(),
  sizeBytes: z.number().int(),
});

/** See {@link attachmentSummarySchema}. @public */
export type AttachmentSummary = z.infer<typeof attachmentSummarySchema>;

/** How soon a request wants an answer, as its handler's settings say. @public */
export const requestPrioritySchema = z.enum([
  'low',
  'normal',
  'high',
  'urgent',
]);

/** See {@link requestPrioritySchema}. @public */
export type RequestPriority = z.infer<typeof requestPrioritySchema>;

// What the settings of the handler that made it say; nothing of the mail.
const marks = {
  /** A word of the installation's own, such as `incident`. */
  requestType: z.string().optional(),
  priority: requestPrioritySchema.optional(),
  labels: z.array(z.string()),
};

const content = {
  id: z.string(),
  sender: senderSchema,
  /** When the sender says it was written; else when we stored it. */
  sentAt: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  text: z.string(),
  /**
   * The HTML part, reduced to an allow-list without scripts, styles, forms
   * and anything that would be fetched. Still to be shown in a sandbox only.
   */
  html: z.string().optional(),
  attachments: z.array(attachmentSummarySchema),
  /** The mail that it was made from, for the mail log. */
  messageId: z.string(),
};

/** One row of a project's requests. @public */
export const requestSummarySchema = z.object({
  id: z.string(),
  /** Counts up within the project, from 1. */
  number: z.number().int(),
  subject: z.string(),
  sender: senderSchema,
  /** The first words of the text, one line. */
  excerpt: z.string(),
  ...marks,
  commentCount: z.number().int(),
  createdAt: z.iso.datetime(),
  /** When the request or its newest comment was made. */
  lastActivityAt: z.iso.datetime(),
});

/** See {@link requestSummarySchema}. @public */
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** What the built-in handler makes of a new mail. @public */
export const requestSchema = z.object({
  ...content,
  projectRef: z.string(),
  number: z.number().int(),
  subject: z.string(),
  ...marks,
  commentCount: z.number().int(),
  lastActivityAt: z.iso.datetime(),
});

/** See {@link requestSchema}. @public */
export type Request = z.infer<typeof requestSchema>;

/** What the built-in handler makes of a reply. @public */
export const requestCommentSchema = z.object(content);

/** See {@link requestCommentSchema}. @public */
export type RequestComment = z.infer<typeof requestCommentSchema>;
