import type { ServerMessage } from 'cometd-nodejs-server';
import type { Request } from 'express';
import { z } from 'zod';

import type { Session } from '../session.ts';
import { COMETD_VERSION_MIN, MESSAGES_MAX } from './limits.ts';
import * as refusals from './refusal.ts';
import type { SeenOrg } from './seen-org.ts';

/** What was found about a message before the library sees it. */
export interface Admission {
  readonly session: Session | undefined;
  readonly seen: SeenOrg | undefined;
  readonly apiVersion: number;
  readonly browserId: string;
  readonly refusal: refusals.Refusal | undefined;
}

export const BROWSER_COOKIE = 'BAYEUX_BROWSER';

/** The version in `/cometd/NN.0`, undefined where there is none. */
export function versionOf(path: string): number | undefined {
  const match = /^\/cometd\/(?:replay\/)?(\d{1,3})\.0(?:\/|$)/.exec(path);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

export function refusalOfVersion(version: number | undefined): refusals.Refusal | undefined {
  if (version === undefined) return refusals.VERSION_MISSING;
  return version < COMETD_VERSION_MIN ? refusals.VERSION_UNSUPPORTED : undefined;
}

export function refusalOfCaller(
  session: Session | undefined,
  token: string | undefined,
): refusals.Refusal | undefined {
  if (session !== undefined) return undefined;
  return token === undefined ? refusals.AUTHENTICATION_REQUIRED : refusals.AUTHENTICATION_INVALID;
}

export function cookieOf(request: Request): string | undefined {
  return new RegExp(`(?:^|;\\s*)${BROWSER_COOKIE}=([0-9a-f]{40})(?:;|$)`).exec(
    request.headers.cookie ?? '',
  )?.[1];
}

/** The messages of a request: one, or a list. */
export const Messages = z
  .array(
    z.looseObject({
      channel: z.string(),
      clientId: z.string().optional(),
      connectionType: z.string().optional(),
    }),
  )
  .min(1)
  .max(MESSAGES_MAX)
  .transform((messages): readonly ServerMessage[] => messages.map(toMessage));

/** The library's type says what a message may hold, and it checks these itself; only what is read here is parsed here. */
function toMessage({ channel, clientId, connectionType, ...rest }: ParsedMessage): ServerMessage {
  return {
    ...rest,
    channel,
    ...(clientId === undefined ? {} : { clientId }),
    ...(connectionType === undefined ? {} : { connectionType }),
  };
}

interface ParsedMessage {
  readonly channel: string;
  readonly clientId?: string | undefined;
  readonly connectionType?: string | undefined;
}

/** Who may not use the APIs may not listen either. */
export function refusalOfPermissions(seen: SeenOrg | undefined): refusals.Refusal | undefined {
  return seen === undefined || seen.permissions.has('ApiEnabled')
    ? undefined
    : refusals.API_DISABLED;
}
