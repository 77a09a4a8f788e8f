// SPDX-License-Identifier: Apache-2.0
import type { ErrorRequestHandler } from 'express';
import { z } from 'zod';
import type { SandboxLogger } from '../SandboxLogger';

/** What body parsers throw for a body that is broken or too large. */
const clientErrorSchema = z.object({
  status: z.number().int().min(400).max(499),
  message: z.string(),
});

/** The end of the line for errors: JSON, and the log for our own. */
export function answerErrors(logger: SandboxLogger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { data } = clientErrorSchema.safeParse(error);
    if (data) {
      res.status(data.status).json({ error: data.message });
      return;
    }
    logger.warn('A request failed', { path: req.path, error: String(error) });
    res.status(500).json({ error: 'The sandbox failed' });
  };
}
