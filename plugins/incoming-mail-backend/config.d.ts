// SPDX-License-Identifier: Apache-2.0
import { HumanDuration } from '@backstage/types';

export interface Config {
  /** Mail that becomes requests. */
  incomingMail?: {
    vault: {
      /**
       * Keys that client secrets and tokens are sealed with, the one in use
       * first. A start without a key is refused. To change the key, put a new
       * one in front and keep the former one until nothing is sealed with it:
       * what it sealed is sealed again in the background, and the endpoint
       * /vault counts what is left. Where several replicas are deployed one
       * after the other, deploy the new key behind the former one first, so
       * that each replica can open what another one seals.
       */
      keys: Array<{
        /** A name for the key; never used again for another one. */
        kid: string;
        /**
         * 32 random bytes in base64url.
         * @visibility secret
         */
        secret: string;
      }>;
    };

    oauth?: {
      /**
       * Origins of pages that may start a consent, besides that of
       * app.baseUrl.
       */
      returnOrigins?: string[];
      /**
       * Whether the portal's pages (app.baseUrl) and the backend
       * (backend.baseUrl) are on different sites, as app.example and
       * backend.test are: browsers then keep Backstage's cookie from the
       * backend's pages. Consents are given without it, and are used only
       * after the person who started one has shown the code of its window.
       * Default: false.
       */
      crossSite?: boolean;
    };

    polling?: {
      /** How long after a visit a mailbox is visited again. Default: 60 seconds. */
      interval?: HumanDuration;
      /** How often each replica looks for mailboxes that are due. Default: 1 second. */
      tick?: HumanDuration;
      /**
       * The most visits at the same time in one replica, of which three
       * quarters at most may wait for servers that do not answer. At most 256.
       * Default: 64.
       */
      concurrency?: number;
      /**
       * The most connections that one replica keeps open between visits, to
       * be told of new mail at once (IMAP IDLE). Each takes about 100 kB.
       * Mailboxes beyond are visited every interval; 0: all are. At most
       * 20000. Default: 200.
       */
      idleConnections?: number;
      /** The longest that one visit may take. Default: 10 minutes. */
      visitTimeout?: HumanDuration;
      /** The most mails that one visit fetches before it lets others go first. Default: 2000. */
      messagesPerVisit?: number;
    };

    processing?: {
      /** The most mailboxes whose mail one replica handles at the same time. Default: 4. */
      concurrency?: number;
      /**
       * The longest that a handler may take for one mail; at most half of
       * leases.duration. Default: 30 seconds, or that half.
       */
      handlerTimeout?: HumanDuration;
      /**
       * In how many threads mails are read, so that one that is made to hang
       * or to fill the memory costs no more than its thread; 0 reads them in
       * the backend's own. At most 16. Default: 1.
       */
      threads?: number;
    };

    messages?: {
      /** Of a larger mail only the beginning is kept. In bytes. Default: 26214400 (25 MiB). */
      maxBytes?: number;
      /**
       * Where so many mails of a mailbox wait to be handled, no more are
       * fetched; they stay on the server until half of them are handled.
       * Default: 5000.
       */
      maxWaiting?: number;
    };

    leases?: {
      /**
       * How long a replica that has died keeps others from its work; it renews
       * four times as often. Default: 60 seconds.
       */
      duration?: HumanDuration;
    };

    /**
     * How long what becomes old is kept, each at least a day. The mail log,
     * requests and comments are kept until somebody removes them.
     */
    retention?: {
      /**
       * Mails byte for byte, after they became something or were ignored. Then
       * they cannot be downloaded any more. Default: 90 days.
       */
      rawMail?: HumanDuration;
      /**
       * Mails that are held or quarantined, byte for byte: nobody has decided
       * about them. At least retention.rawMail. Default: 365 days.
       */
      heldMail?: HumanDuration;
      /** What happened to mailboxes. Default: 90 days. */
      journal?: HumanDuration;
      /**
       * What people were told, and with it that they are not told again.
       * Default: 365 days.
       */
      notices?: HumanDuration;
    };

    egress?: {
      /**
       * Private or loopback addresses that mail servers and token endpoints
       * may have, as CIDR ranges or single addresses. Public addresses need no
       * entry; addresses of cloud metadata services are refused always.
       */
      allowPrivate?: string[];
      /** Certificates of authorities to trust besides the usual ones, in PEM. */
      extraCa?: string[];
    };

    development?: {
      /**
       * Allows mail servers without encryption on this very machine, and token
       * endpoints with http there. For development only.
       */
      allowPlaintextLoopback?: boolean;
    };
  };
}
