// SPDX-License-Identifier: Apache-2.0
import {
  MessageDryRun,
  MessageState,
  TraceStep,
} from '@postroom/plugin-incoming-mail-common';
import { inRolledBackTransaction, inSavepoint, Tx } from '../database';
import { WaitingMessage } from '../inbox';
import { HandlerBinding, Mailbox } from '../mailboxes';
import { ProcessMessageDeps } from './AttemptRun';
import {
  BindingResult,
  describeResult,
  describeThread,
  listFailed,
  NO_HANDLER_STEP,
  summarize,
} from './handle/bindingResults';
import { DeliveryOptions, deliverToBinding } from './handle/deliverToBinding';
import { judgeHandlerFailure } from './handle/judgeHandlerFailure';
import { toHandlerMailbox } from './handle/toHandlerMailbox';
import { readMessage } from './readMessage';
import { stopped } from './steps';
import { resolveThread } from './thread/resolveThread';

/** What a dry run is of. */
export interface DryRunOptions {
  readonly mailbox: Mailbox;
  readonly bindings: readonly HandlerBinding[];
  /** A bound on the whole of it. */
  readonly signal: AbortSignal;
}

/** A binding whose handler cannot tell what it would do. */
interface UnknownResult {
  readonly kind: 'unknown';
  readonly handlerId: string;
}

/**
 * Tells what would become of a mail if it were handled now. One transaction
 * that is rolled back holds all of it, so that each handler sees what those
 * before it would have written. It proves no lease: nothing of it stands. A
 * binding that is done with the mail is not called, as it would not be.
 */
export async function dryRunMessage(
  waiting: WaitingMessage,
  options: DryRunOptions,
  deps: ProcessMessageDeps,
): Promise<MessageDryRun> {
  const { mailbox, bindings } = options;
  const reading = await readMessage(waiting, mailbox, deps);
  if (reading.kind !== 'read') {
    return { state: 'quarantined', trace: [reading.step] };
  }
  const { message, step } = reading;
  return inRolledBackTransaction(deps.db, async tx => {
    const { threadId } = waiting;
    const thread = await resolveThread(tx, deps.threads, message, threadId);
    const results: Array<BindingResult | UnknownResult> = [];
    for (const binding of bindings) {
      const delivery = {
        message,
        thread,
        mailbox: toHandlerMailbox(mailbox),
        binding,
        dryRun: true,
        signal: options.signal,
      };
      results.push(await tryBinding(tx, delivery, deps));
    }
    return {
      state: stateAfter(results),
      trace: [step, describeThread(thread), ...toSteps(results)],
    };
  });
}

async function tryBinding(
  tx: Tx,
  delivery: DeliveryOptions,
  deps: ProcessMessageDeps,
): Promise<BindingResult | UnknownResult> {
  const { message, binding, mailbox } = delivery;
  const { handlerId } = binding;
  let called = false;
  try {
    const outcome = await inSavepoint(tx, async savepoint => {
      const { deliveries, registry } = deps;
      const delivered = await deliveries.find(
        savepoint,
        message.id,
        binding.id,
      );
      const { handler } = delivered
        ? { handler: undefined }
        : registry.resolve(binding, mailbox);
      return handler && handler.supportsDryRun !== true
        ? undefined
        : deliverToBinding(savepoint, deps, {
            ...delivery,
            onCall: () => {
              called = true;
            },
          });
    });
    return outcome
      ? { kind: 'finished', handlerId, outcome }
      : { kind: 'unknown', handlerId };
  } catch (error) {
    const why = judgeHandlerFailure(error, handlerId, called);
    return { kind: 'failed', handlerId, why, cause: error };
  }
}

function toSteps(
  results: ReadonlyArray<BindingResult | UnknownResult>,
): TraceStep[] {
  return results.length > 0 ? results.map(toStep) : [NO_HANDLER_STEP];
}

function toStep(result: BindingResult | UnknownResult): TraceStep {
  return result.kind === 'unknown'
    ? stopped(
        'handle',
        `${result.handlerId}: would be called; it does not support dry runs`,
      )
    : describeResult(result);
}

function stateAfter(
  results: ReadonlyArray<BindingResult | UnknownResult>,
): MessageState | undefined {
  const known = results.filter(
    (result): result is BindingResult => result.kind !== 'unknown',
  );
  const failures = listFailed(known);
  if (failures.length > 0) {
    return failures.every(({ why }) => why.isFinal) ? 'held' : 'stored';
  }
  return known.length < results.length ? undefined : summarize(known).kind;
}
