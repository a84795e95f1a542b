import { z } from 'zod';

import { faultOfAppName } from '../../core/app-name.ts';
import { mayDo } from '../../core/permission.ts';
import { fault } from '../../faults.ts';
import { codeOf } from '../../kit/fault.ts';
import { getApp, updateApp } from '../../store/apps.ts';
import { appEndpoint, parseBody } from '../endpoint.ts';
import { findStack } from '../stacks/body.ts';
import { readAppBody } from './read-body.ts';

const Change = z.object({
  name: z.string().optional(),
  maintenance: z.boolean().optional(),
  build_stack: z.string().optional(),
});

const UNIQUE_VIOLATION = '23505';

export const appUpdate = appEndpoint(
  { method: 'patch', path: '/apps/:app', access: 'operate' },
  async (platform, { app, role, body, user }) => {
    const change = parseBody(Change, body);
    const stack = change.build_stack === undefined ? undefined : findStack(change.build_stack);
    if (change.build_stack !== undefined && stack === undefined) {
      throw fault('INVALID_PARAMS', `There is no stack ${change.build_stack}. See GET /stacks.`);
    }
    if (change.name !== undefined) {
      if (!mayDo(role, 'own')) throw fault('FORBIDDEN', 'Only the owner may rename an app.');
      const reason = faultOfAppName(change.name);
      if (reason !== undefined) throw fault('INVALID_PARAMS', reason);
    }
    try {
      await updateApp(platform.pool, app.id, {
        name: change.name,
        maintenance: change.maintenance,
        stack: stack?.name,
      });
    } catch (error) {
      if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
      throw fault('INVALID_PARAMS', `Name ${change.name ?? ''} is already taken`);
    }
    if (change.maintenance !== undefined) {
      platform.tell(
        app.id,
        `Maintenance mode ${change.maintenance ? 'on' : 'off'} by user ${user.email}`,
      );
    }
    return { body: await readAppBody(platform, await getApp(platform.pool, app.id)) };
  },
);
