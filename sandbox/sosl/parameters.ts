import { z } from 'zod';

import type { RestRequest } from '../rest/request.ts';
import { GROUPS } from './parse.ts';
import { badSearch } from './problem.ts';

const Count = z.coerce.number().int().min(0);
const Sobject = z.object({
  name: z.string().regex(/^\w+$/),
  fields: z
    .array(z.string().regex(/^[\w.() ]+$/))
    .min(1)
    .optional(),
  where: z.string().optional(),
  orderBy: z.string().optional(),
  limit: Count.optional(),
});
const Parameters = z.object({
  q: z.string().min(1),
  in: z.string().toUpperCase().pipe(z.enum(GROUPS)).optional(),
  fields: z.array(z.string().regex(/^[\w.() ]+$/)).optional(),
  sobjects: z.array(Sobject).optional(),
  defaultLimit: Count.optional(),
  overallLimit: Count.optional(),
});
type Parameters = z.infer<typeof Parameters>;

/** A parameterized search as the SOSL statement it stands for. */
export function searchStatement(request: RestRequest): string {
  const given = request.method === 'POST' ? request.body : fromQuery(request.query);
  const parsed = Parameters.safeParse(given ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badSearch(`${issue?.path.join('.') ?? 'search'}: ${issue?.message ?? 'not understood'}`);
  }
  return statementOf(parsed.data);
}

/** `q=Smith&sobject=Account&Account.fields=id,name&Account.limit=10` */
function fromQuery(query: URLSearchParams): object {
  const list = (text: string | null): string[] | undefined =>
    text?.split(',').map((name) => name.trim());
  const sobjects = query.getAll('sobject').map((name) => ({
    name,
    fields: list(query.get(`${name}.fields`)),
    where: query.get(`${name}.where`) ?? undefined,
    limit: query.get(`${name}.limit`) ?? undefined,
  }));
  return {
    q: query.get('q') ?? '',
    in: query.get('in') ?? undefined,
    fields: list(query.get('fields')),
    ...(sobjects.length === 0 ? {} : { sobjects }),
    defaultLimit: query.get('defaultLimit') ?? undefined,
    overallLimit: query.get('overallLimit') ?? undefined,
  };
}

function statementOf({
  q,
  in: group,
  fields,
  sobjects,
  defaultLimit,
  overallLimit,
}: Parameters): string {
  const returning = (sobjects ?? []).map((sobject) => {
    const names = sobject.fields ?? fields ?? ['Id'];
    const limit = sobject.limit ?? defaultLimit;
    const clauses = [
      names.join(', '),
      sobject.where === undefined ? '' : ` WHERE ${sobject.where}`,
      sobject.orderBy === undefined ? '' : ` ORDER BY ${sobject.orderBy}`,
      limit === undefined ? '' : ` LIMIT ${limit}`,
    ];
    return `${sobject.name}(${clauses.join('')})`;
  });
  return [
    `FIND {${q.replaceAll(/[{}\\]/g, (found) => `\\${found}`)}}`,
    group === undefined ? '' : ` IN ${group} FIELDS`,
    returning.length === 0 ? '' : ` RETURNING ${returning.join(', ')}`,
    overallLimit === undefined ? '' : ` LIMIT ${overallLimit}`,
  ].join('');
}
