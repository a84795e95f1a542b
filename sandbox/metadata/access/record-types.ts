import { z } from 'zod';

import type { SystemWrite } from '../../records/system-records.ts';
import { PERSON_ACCOUNT } from '../../schema/record-types.ts';
import { many } from '../../schema/xml-list.ts';
import { Flag } from './xml.ts';

/** Which record types a profile or permission set lets its users give. */
export const RECORD_TYPES = {
  recordTypeVisibilities: many(
    z.looseObject({
      recordType: z.string(),
      visible: Flag.default(false),
      default: Flag.default(false),
      personAccountDefault: Flag.default(false),
    }),
  ),
} as const;

const RecordTypes = z.looseObject(RECORD_TYPES);

/** `replace`: what the file does not name is taken away (permission sets); otherwise it stays (profiles). */
export async function grantRecordTypes(
  { client }: SystemWrite,
  { set, replace }: { readonly set: string; readonly replace: boolean },
  { recordTypeVisibilities: given }: z.infer<typeof RecordTypes>,
): Promise<void> {
  const names = given.map(({ recordType }) => recordType.toLowerCase());
  const objects = names.map((name) => {
    const [object = ''] = name.split('.');
    return object === PERSON_ACCOUNT.toLowerCase() ? 'account' : object;
  });
  // An object has one default.
  const decided = objects.filter((_, at) => given[at]?.default === true);
  await client.query(DROP, [set, replace, names]);
  await client.query(NO_LONGER_DEFAULT, [set, decided]);
  await client.query(SAVE, [
    set,
    objects,
    names,
    given.map(({ visible }) => visible),
    given.map((one) => one.default),
  ]);
}

const DROP = `/* dropRecordTypes */
delete from record_type_visibilities where set_id = $1 and ($2 or record_type = any($3::text[]))`;
const NO_LONGER_DEFAULT = `/* noLongerDefault */
update record_type_visibilities set is_default = false where set_id = $1 and object = any($2::text[]) and is_default`;
const SAVE = `/* saveRecordTypes */
insert into record_type_visibilities (set_id, object, record_type, visible, is_default)
select $1, given.object, given.name, given.visible, given.chosen
  from unnest($2::text[], $3::text[], $4::boolean[], $5::boolean[]) as given(object, name, visible, chosen)
on conflict (set_id, record_type) do update set visible = excluded.visible, is_default = excluded.is_default`;
