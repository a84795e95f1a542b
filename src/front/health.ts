import { z } from 'zod';

import { HEALTH_TIMEOUT_MS } from '../limits.ts';

/** A part of what must be up: `ready`, or why not. */
export interface HealthPart {
  readonly name: string;
  state(): Promise<string>;
}

export interface Health {
  readonly status: 200 | 503;
  readonly body: {
    readonly state: 'ready' | 'not ready';
    readonly parts: Readonly<Record<string, string>>;
  };
}

/** The state of all parts: 200 once all are ready, 503 before and when one is not any more. */
export async function readHealth(parts: readonly HealthPart[]): Promise<Health> {
  const states = await Promise.all(
    parts.map(async ({ name, state }) => [name, await state().catch(() => 'unavailable')] as const),
  );
  const ready = states.every(([, state]) => state === 'ready');
  return {
    status: ready ? 200 : 503,
    body: { state: ready ? 'ready' : 'not ready', parts: Object.fromEntries(states) },
  };
}

const Answer = z.object({ state: z.string() });

/** Another service's health as a part of ours: ready when its health URL answers 200. */
export function healthOfService(name: string, url: string): HealthPart {
  return {
    name,
    async state() {
      const response = await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
      if (response.status === 200) return 'ready';
      const said = Answer.safeParse(await response.json().catch(() => undefined));
      return said.success && said.data.state !== 'ready' ? said.data.state : 'unavailable';
    },
  };
}
