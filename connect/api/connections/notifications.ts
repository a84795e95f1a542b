import type { Request } from 'express';
import { z } from 'zod';

import { fault } from '../../faults.ts';
import { LISTED_MAX } from '../../limits.ts';
import type { NotificationFilter } from '../../registry.ts';
import { connectionFor } from '../authorize.ts';
import { query, type Endpoint } from '../context.ts';

/** What the owner has not acknowledged yet, newest first. */
export const listNotifications: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/notifications',
  async handle(api, request) {
    const { connection } = await connectionFor(api, request);
    const size = z.coerce.number().int().min(1).max(LISTED_MAX).catch(LISTED_MAX);
    const found = await api.registry.notifications.listUnacknowledged(connection.id, {
      ...filterOf(request),
      max: size.parse(query(request, 'page_size')),
    });
    return {
      status: 200,
      body: {
        count: found.length,
        results: found.map(({ id, createdAt, eventType, message }) => ({
          id,
          created_at: createdAt.toISOString(),
          event_type: eventType,
          message,
        })),
      },
    };
  },
};

export const acknowledgeNotifications: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/notifications/acknowledge',
  async handle(api, request) {
    const { connection } = await connectionFor(api, request);
    await api.registry.notifications.acknowledge(connection.id, filterOf(request));
    return { status: 204 };
  },
};

function filterOf(request: Request): NotificationFilter {
  const time = (name: string): Date | undefined => {
    const text = query(request, name);
    if (text === undefined) return undefined;
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) throw fault('BAD_REQUEST', `The parameter ${name} is not a time.`);
    return new Date(ms);
  };
  return {
    after: time('after'),
    before: time('before'),
    eventType: query(request, 'event_type'),
  };
}
