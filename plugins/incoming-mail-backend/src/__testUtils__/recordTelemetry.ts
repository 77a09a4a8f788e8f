// SPDX-License-Identifier: Apache-2.0
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  createNoopMeter,
  Attributes,
  Context,
  Meter,
  metrics,
  Span,
  SpanOptions,
  trace,
  Tracer,
} from '@opentelemetry/api';

/** What an exporter of traces and metrics would have been given. */
export interface TelemetryRecord {
  /** Names, attributes, events, errors and states of spans, in their order. */
  readonly spans: unknown[];
  /** Values and attributes of measurements. */
  readonly measurements: unknown[];
  /** What an instrumentation of HTTP clients sees: method, origin and path. */
  readonly requests: unknown[];
  /** Gives the process's telemetry back. */
  stop(): void;
}

// Published by Node's and undici's clients; instrumentations listen to it.
const CLIENT_REQUEST = 'undici:request:create';

function createRecordingSpan(note: (...what: unknown[]) => void): Span {
  const span: Span = {
    spanContext: () => ({
      traceId: '0'.repeat(31).concat('1'),
      spanId: '0'.repeat(15).concat('1'),
      traceFlags: 1,
    }),
    setAttribute(key, value) {
      note('attribute', key, value);
      return span;
    },
    setAttributes(attributes) {
      note('attributes', attributes);
      return span;
    },
    addEvent(name, attributes) {
      note('event', name, attributes);
      return span;
    },
    addLink(link) {
      note('link', link);
      return span;
    },
    addLinks(links) {
      note('links', links);
      return span;
    },
    setStatus(status) {
      note('status', status);
      return span;
    },
    updateName(name) {
      note('name', name);
      return span;
    },
    end() {},
    isRecording: () => true,
    recordException(exception) {
      note('exception', exception);
    },
  };
  return span;
}

function createRecordingTracer(spans: unknown[]): Tracer {
  const startSpan = (name: string, options?: SpanOptions) => {
    spans.push({ name, attributes: options?.attributes });
    return createRecordingSpan((...what) => spans.push({ name, what }));
  };
  return {
    startSpan,
    startActiveSpan(
      name: string,
      ...rest: Array<SpanOptions | Context | ((span: Span) => unknown)>
    ) {
      const run = rest[rest.length - 1] as (span: Span) => unknown;
      const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined;
      return run(startSpan(name, options));
    },
  } as Tracer;
}

function createRecordingMeter(measurements: unknown[]): Meter {
  const meter = createNoopMeter();
  const measure = (name: string) => (value: number, attributes?: Attributes) =>
    void measurements.push({ name, value, attributes });
  return Object.assign(meter, {
    createCounter: (name: string) => ({ add: measure(name) }),
    createUpDownCounter: (name: string) => ({ add: measure(name) }),
    createHistogram: (name: string) => ({ record: measure(name) }),
    createGauge: (name: string) => ({ record: measure(name) }),
  });
}

/**
 * Records what the process tells its telemetry from now on. OpenTelemetry's
 * providers are the process's own: one recording at a time.
 */
export function recordTelemetry(): TelemetryRecord {
  const spans: unknown[] = [];
  const measurements: unknown[] = [];
  const requests: unknown[] = [];
  const tracer = createRecordingTracer(spans);
  const meter = createRecordingMeter(measurements);
  const onRequest = (message: unknown) => {
    const { request } = message as {
      request: { method: string; origin: string; path: string };
    };
    requests.push([request.method, request.origin, request.path]);
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
  subscribe(CLIENT_REQUEST, onRequest);
  return {
    spans,
    measurements,
    requests,
    stop() {
      unsubscribe(CLIENT_REQUEST, onRequest);
      trace.disable();
      metrics.disable();
    },
  };
}
