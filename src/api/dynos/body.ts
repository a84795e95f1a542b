import type { App } from '../../store/apps.ts';
import type { Dyno } from '../../store/dynos.ts';
import { appIdentity } from '../apps/body.ts';
import { dynoSizeIdentity } from '../dyno-sizes/body.ts';
import { time } from '../endpoint.ts';

export function dynoBody(app: App, dyno: Dyno): Readonly<Record<string, unknown>> {
  return {
    app: appIdentity(app),
    attach_url: null,
    command: dyno.command,
    created_at: time(dyno.created_at),
    id: dyno.id,
    name: dyno.name,
    release: { id: dyno.release_id, version: dyno.release_version },
    size: dynoSizeIdentity(dyno.size).name,
    state: dyno.state,
    type: dyno.type,
    updated_at: time(dyno.updated_at),
  };
}

/** What `ps` shows: what is about to be gone, or is kept for its exit status only, is not among it. */
export function isShown({ state, one_off }: Dyno): boolean {
  return state !== 'stopping' && !(one_off && state === 'down');
}
