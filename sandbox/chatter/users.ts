import { z } from 'zod';

import { notFound, ok, segment, type Handler, type RestRequest } from '../rest/request.ts';
import { findId18 } from '../store/record-id.ts';
import { chatterPath, pageOf, person } from './present.ts';
import { pageAsked } from './page.ts';

const User = z.object({
  id: z.string(),
  name: z.string(),
  username: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string(),
  email: z.string().nullable(),
  title: z.string().nullable(),
  isActive: z.boolean(),
});
const SELECT = `select id, name, username, firstname as "firstName", lastname as "lastName", email, title, isactive as "isActive"
  from org."user"`;

/** `me`, or the id of a user. @throws SalesforceError NOT_FOUND */
export function userId(request: RestRequest, given: string): string {
  if (given.toLowerCase() === 'me') return request.session.userId;
  const id = findId18(given);
  if (id === undefined || !id.startsWith('005')) throw notFound();
  return id;
}

export const listUsers: Handler = async (request) => {
  const { size, offset } = pageAsked(request);
  const { rows } = await request.org.pool.query(
    `/* listUsers */ ${SELECT} where isactive order by name, id limit $1 offset $2`,
    [size + 1, offset],
  );
  const found = z.array(User).parse(rows);
  const users = found.slice(0, size);
  const more = found.length > size;
  return ok({
    ...pageOf(`${chatterPath(request)}/users`, { offset, shown: users.length, more, size }),
    users: users.map((user) => show(request, user)),
  });
};

export const getUser: Handler = async (request) => {
  const { rows } = await request.org.pool.query(`/* getUser */ ${SELECT} where id = $1`, [
    userId(request, segment(request, 2)),
  ]);
  const [user] = z.array(User).parse(rows);
  if (user === undefined) throw notFound();
  return ok(show(request, user));
};

function show(request: RestRequest, user: z.infer<typeof User>): Readonly<Record<string, unknown>> {
  const { id, name, ...rest } = user;
  return { ...person(request, id, name), ...rest };
}
