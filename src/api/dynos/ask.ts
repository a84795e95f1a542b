import type { Platform } from '../../ports.ts';
import { askDynos } from '../../store/dynos.ts';
import { found, type Answer, type AppCall } from '../endpoint.ts';

export interface Ask {
  readonly asked: 'restart' | 'stop';
  readonly identity?: string;
  readonly type?: string;
}

/** Asks the dyno manager to restart or stop dynos. 202: it is asked, not done. */
export async function ask(
  { pool, tell }: Platform,
  { app, user }: AppCall,
  { asked, identity, type }: Ask,
): Promise<Answer> {
  const touched = await askDynos(pool, {
    appId: app.id,
    asked,
    ...(identity === undefined ? {} : { identity }),
    ...(type === undefined ? {} : { type }),
  });
  if (identity !== undefined && touched === 0) return found<never>(undefined, 'dyno');
  const what = identity ?? type ?? 'all dynos';
  tell(app.id, `${asked === 'restart' ? 'Restarting' : 'Stopping'} ${what} by user ${user.email}`);
  return { status: 202, body: {} };
}
