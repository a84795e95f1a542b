import { z } from 'zod';

import { LOG_LINES_MAX, LOG_SESSION_LIFE_MS } from '../../limits.ts';
import { appEndpoint, parseBody, time } from '../endpoint.ts';
import { sealSession } from './session.ts';

const NewSession = z.object({
  lines: z.coerce.number().int().min(0).optional(),
  tail: z.boolean().optional(),
  source: z.string().max(200).nullish(),
  dyno: z.string().max(200).nullish(),
  dyno_name: z.string().max(200).nullish(),
  type: z.string().max(200).nullish(),
});

/** Heroku's own number of lines when nobody says one. */
const LINES = 100;

export const logSessionCreate = appEndpoint(
  { method: 'post', path: '/apps/:app/log-sessions', access: 'view' },
  async ({ box, addresses, clock }, call) => {
    const wanted = parseBody(NewSession, call.body);
    const secret = sealSession(box, {
      appId: call.app.id,
      lines: Math.min(wanted.lines ?? LINES, LOG_LINES_MAX),
      tail: wanted.tail ?? false,
      source: wanted.source ?? null,
      dyno: wanted.dyno ?? wanted.dyno_name ?? wanted.type ?? null,
      until: clock.now() + LOG_SESSION_LIFE_MS,
    });
    const now = time(new Date(clock.now()));
    return {
      status: 201,
      body: {
        created_at: now,
        id: call.newId('log-session'),
        logplex_url: `${addresses.api}/logs/${secret}`,
        updated_at: now,
      },
    };
  },
);
