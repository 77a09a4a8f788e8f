// SPDX-License-Identifier: Apache-2.0
import { SchedulerService } from '@backstage/backend-plugin-api';

/** Has each replica look for work now and then, whatever else wakes it. */
export async function scheduleTick({
  scheduler,
  loops,
  tickMs,
}: {
  scheduler: SchedulerService;
  loops: { tick(): Promise<void> };
  tickMs: number;
}): Promise<void> {
  await scheduler.scheduleTask({
    id: 'incoming-mail-tick',
    scope: 'local',
    frequency: { milliseconds: tickMs },
    timeout: { minutes: 1 },
    async fn() {
      await loops.tick();
    },
  });
}
