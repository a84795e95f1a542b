import { connectionFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';

/** Stops reading and writing; the triggers go on logging, and resuming catches up. */
export const pauseConnection: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/actions/pause',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    await api.registry.connections.change(connection.id, { paused: true });
    life.restart();
    return { status: 202 };
  },
};

export const resumeConnection: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/actions/resume',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    await api.registry.connections.change(connection.id, { paused: false });
    life.restart();
    return { status: 202 };
  },
};

/** Begins anew at once, where the connection would by itself only after a while. */
export const restartConnection: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/actions/restart',
  async handle(api, request) {
    const { life } = await connectionFor(api, request);
    life.restart();
    return { status: 202 };
  },
};
