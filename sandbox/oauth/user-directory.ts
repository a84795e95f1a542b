import type pg from 'pg';
import { z } from 'zod';

import type { Directory, OrgUser } from './ports.ts';

/** Users as the org's records of the object User. */
export function createUserDirectory(pool: pg.Pool, orgId: string): Directory {
  return {
    orgId,
    async findUserById(id) {
      const { rows } = await pool.query(FIND_USER_BY_ID, [id]);
      return parse(rows);
    },
    async findUserByUsername(username) {
      const { rows } = await pool.query(FIND_USER_BY_USERNAME, [username]);
      return parse(rows);
    },
  };
}

const COLUMNS = `id, profileid as "profileId", username, email, firstname as "firstName", lastname as "lastName", name, communitynickname as "nickname",
       isactive as "active", usertype as "userType", timezonesidkey as "timeZone", localesidkey as "locale",
       languagelocalekey as "language", mobilephone as "mobilePhone", street, city, state, postalcode as "postalCode",
       country, createddate as "createdAt", lastmodifieddate as "modifiedAt"`;

const FIND_USER_BY_ID = `/* findUserById */
select ${COLUMNS} from org."user" where id = $1`;

const FIND_USER_BY_USERNAME = `/* findUserByUsername */
select ${COLUMNS} from org."user" where lower(username) = lower($1)`;

const UserRow = z.object({
  id: z.string(),
  profileId: z.string(),
  username: z.string(),
  email: z.string(),
  firstName: z.string().nullable(),
  lastName: z.string(),
  name: z.string(),
  nickname: z.string(),
  active: z.boolean(),
  userType: z
    .string()
    .nullable()
    .transform((type) => type ?? 'Standard'),
  timeZone: z.string(),
  locale: z.string(),
  language: z.string(),
  mobilePhone: z.string().nullable(),
  street: z.string().nullable(),
  city: z.string().nullable(),
  state: z.string().nullable(),
  postalCode: z.string().nullable(),
  country: z.string().nullable(),
  createdAt: z.date(),
  modifiedAt: z.date(),
});

function parse(rows: readonly unknown[]): OrgUser | undefined {
  return rows[0] === undefined ? undefined : UserRow.parse(rows[0]);
}
