import { found, keyEndpoint } from '../endpoint.ts';
import { openSession } from './session.ts';

/** The lines of a log session as server-sent events. */
export const logSessionStream = keyEndpoint(
  { method: 'get', path: '/logs/:session' },
  async ({ box, clock, streamLog }, { params, response, signal }) => {
    const session = found(openSession(box, params['session'] ?? '', clock.now()), 'log session');
    signal.addEventListener('abort', () => response.destroy(), { once: true });
    await streamLog(session, response);
  },
);
