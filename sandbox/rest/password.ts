import { z } from 'zod';

import { oauthPorts } from '../oauth/router.ts';
import { randomWord } from '../oauth/secrets.ts';
import type { OrgUser } from '../oauth/ports.ts';
import { setPassword } from '../oauth/users.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import { NO_CONTENT, notFound, ok, segment, type Handler, type RestRequest } from './request.ts';

/** Salesforce: the length of a password it makes up. */
const MADE_PASSWORD_CHARS = 16;
/** Salesforce's shortest, where the password policy says nothing else. */
const PASSWORD_CHARS_MIN = 8;

/** `GET /sobjects/User/{id}/password`: passwords do not expire here. */
export const passwordState: Handler = async (request) => {
  await getTarget(request);
  return ok({ isExpired: false });
};

const Body = z.object({ NewPassword: z.string() });

/** `POST …/password` */
export const changePassword: Handler = async (request) => {
  const user = await getTarget(request);
  const body = Body.safeParse(request.body);
  if (!body.success)
    throw new SalesforceError('JSON_PARSER_ERROR', 'The body must be {"NewPassword": "…"}');
  if (body.data.NewPassword.length < PASSWORD_CHARS_MIN) {
    throw new SalesforceError(
      'INVALID_NEW_PASSWORD',
      `Your password must be at least ${PASSWORD_CHARS_MIN} characters long.`,
    );
  }
  await setPassword(oauthPorts(request.org.whole), user.username, body.data.NewPassword);
  return NO_CONTENT;
};

/** `DELETE …/password`: makes one up. */
export const resetPassword: Handler = async (request) => {
  const user = await getTarget(request);
  const NewPassword = randomWord().slice(0, MADE_PASSWORD_CHARS);
  await setPassword(oauthPorts(request.org.whole), user.username, NewPassword);
  return ok({ NewPassword });
};

/** Who manages users may set anyone's password, others their own. */
async function getTarget(request: RestRequest): Promise<OrgUser> {
  const id = findId18(segment(request, 2));
  const user =
    id === undefined ? undefined : await oauthPorts(request.org.whole).directory.findUserById(id);
  if (user === undefined) throw notFound();
  if (user.id !== request.session.userId && !request.org.permissions.has('ManageUsers')) {
    throw new SalesforceError(
      'INSUFFICIENT_ACCESS',
      'insufficient access rights on cross-reference id',
    );
  }
  return user;
}
