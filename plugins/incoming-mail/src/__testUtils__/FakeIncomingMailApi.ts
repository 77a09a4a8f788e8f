// SPDX-License-Identifier: Apache-2.0
import type { EndpointName } from '@postroom/plugin-incoming-mail-common';
import type {
  CallInput,
  CallReply,
  IncomingMailApi,
} from '../api/incomingMailApiRef';

/** What a backend answers in a test: by endpoint, from the call's input. */
export type Answers = {
  [N in EndpointName]?: (
    input: CallInput<N>,
  ) => CallReply<N> | Promise<CallReply<N>>;
};

/** A backend of answers, which remembers what it was asked. */
export class FakeIncomingMailApi implements IncomingMailApi {
  readonly calls: { name: string; input: unknown }[] = [];

  constructor(readonly answers: Answers) {}

  async call<N extends EndpointName>(
    name: N,
    input: CallInput<N>,
  ): Promise<CallReply<N>> {
    this.calls.push({ name, input });
    const answer: Answers[N] = this.answers[name];
    if (!answer) {
      throw new Error(`No answer to ${name} in this test`);
    }
    return answer(input);
  }

  async issueCookie(): Promise<void> {
    this.calls.push({ name: 'issueCookie', input: {} });
  }

  async getBackendOrigin(): Promise<string> {
    return 'https://backend.test';
  }

  /** The names of what was asked, in order. */
  get names(): string[] {
    return this.calls.map(({ name }) => name);
  }

  /** The input of the last call to an endpoint. */
  lastInput(name: EndpointName): unknown {
    return this.calls.filter(call => call.name === name).at(-1)?.input;
  }
}
