import type { NextFunction, Request, Response } from 'express';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { sessionOf } from '../session.ts';
import type { UserPermission } from './access.ts';
import { assertApiEnabled } from './views.ts';

type Middleware = (request: Request, response: Response, next: NextFunction) => Promise<void>;

/** Middleware, after `requireSession`: 403 API_DISABLED_FOR_ORG to who may not use the APIs. */
export function requireApi(org: Pick<Org, 'seenBy'>): Middleware {
  return async (request, _response, next) => {
    assertApiEnabled(await org.seenBy(sessionOf(request)));
    next();
  };
}

/** Middleware, after `requireSession`: 403 INSUFFICIENT_ACCESS to who lacks a permission. */
export function requirePermission(
  org: Pick<Org, 'seenBy'>,
  permission: UserPermission,
): Middleware {
  return async (request, _response, next) => {
    const { permissions } = await org.seenBy(sessionOf(request));
    if (!permissions.has(permission)) {
      throw new SalesforceError(
        'INSUFFICIENT_ACCESS',
        `insufficient access rights: this needs the permission ${permission}`,
      );
    }
    next();
  };
}
