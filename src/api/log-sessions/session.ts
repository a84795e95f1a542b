import { z } from 'zod';

import type { SecretBox } from '../../kit/secret-box.ts';

/** Which lines of an app's log somebody may read, and until when the reading may begin. */
export const LogSession = z.object({
  appId: z.uuid(),
  lines: z.int(),
  tail: z.boolean(),
  source: z.string().nullable(),
  dyno: z.string().nullable(),
  until: z.number(),
});
export type LogSession = Readonly<z.infer<typeof LogSession>>;

const OWNER = 'log session';

/** The session itself, sealed: the URL is the permission, nobody can make or change one, and nothing has to be kept. */
export function sealSession(box: SecretBox, session: LogSession): string {
  return box.seal(JSON.stringify(session), OWNER);
}

/** Undefined when it is not one of ours or too old. */
export function openSession(box: SecretBox, sealed: string, now: number): LogSession | undefined {
  try {
    const session = LogSession.parse(JSON.parse(box.open(sealed, OWNER)));
    return session.until < now ? undefined : session;
  } catch {
    return undefined;
  }
}
