// SPDX-License-Identifier: Apache-2.0

/** What a pipeline is made of. */
export interface PipelineOptions<TJob> {
  /** The most jobs that run at the same time; asked before each load. */
  capacity(): number;
  /** Takes at most `limit` jobs from wherever they wait. */
  load(limit: number): Promise<TJob[]>;
  /** Does one job and reports its end itself; must not reject. */
  run(job: TJob, signal: AbortSignal): Promise<void>;
  /** Told when `load` failed; the pipeline waits for the next wake. */
  onLoadError(error: unknown): void;
}

/** A running pipeline. */
export interface Pipeline {
  /** Looks for jobs soon. Cheap, and may be called at any time. */
  wake(): void;
  /** Resolves when nothing is being loaded or run. */
  idle(): Promise<void>;
  /** Takes no more jobs, aborts those that run, resolves when they have ended. */
  stop(): Promise<void>;
}

/**
 * Keeps up to `capacity()` jobs running for as long as `load` finds some. It
 * looks when woken, once more when a job that ran meanwhile has ended and,
 * while `load` gives all that is asked for, whenever a job has ended. It has no
 * timer: whoever wants it to look now and then wakes it.
 */
export function startPipeline<TJob>(options: PipelineOptions<TJob>): Pipeline {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let loading: Promise<void> | undefined;
  let wakeAgain = false;
  let moreMayWait = false;
  let wokenMeanwhile = false;

  const start = (job: TJob) => {
    const done = options.run(job, stopping.signal).finally(() => {
      running.delete(done);
      if (moreMayWait || wokenMeanwhile) {
        wokenMeanwhile = false;
        look();
      }
    });
    running.add(done);
  };

  const loadOnce = async () => {
    const room = options.capacity() - running.size;
    const jobs = room > 0 ? await options.load(room) : [];
    // A full load, or no room to look: there may be more than was taken.
    moreMayWait = jobs.length === room || room <= 0;
    jobs.forEach(start);
  };

  const load = async () => {
    do {
      wakeAgain = false;
      try {
        await loadOnce();
      } catch (error) {
        options.onLoadError(error);
      }
    } while (wakeAgain && !stopping.signal.aborted);
    loading = undefined;
  };

  function look() {
    if (stopping.signal.aborted) {
      return;
    }
    if (loading) {
      wakeAgain = true;
    } else {
      loading = load();
    }
  }

  const idle = async () => {
    while (loading || running.size > 0) {
      await Promise.all([loading, ...running]);
    }
  };

  return {
    wake() {
      // What a job still holds can only be had once it has ended.
      wokenMeanwhile = running.size > 0;
      look();
    },
    idle,
    stop: async () => {
      stopping.abort();
      await idle();
    },
  };
}
