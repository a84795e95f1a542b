import { quoteSoql } from '../soap/quote-soql.ts';
import { query } from './query.ts';
import { notFound, segment, type Handler, type RestRequest } from './request.ts';

/** Whether `/sobjects/X/id/Name` names children: then they are answered as a query answers them. */
export function isChildRelationship({ org, segments }: RestRequest): boolean {
  const [, objectName = '', , name = ''] = segments;
  const object = org.schema().findObject(objectName);
  return object !== undefined && org.schema().findChildRelationship(object, name) !== undefined;
}

/** `/sobjects/Account/001…/Contacts?fields=Id,Name`: the children of a record, page by page. */
export const readChildren: Handler = (request) => {
  const schema = request.org.schema();
  const object = schema.findObject(segment(request, 1));
  const relationship =
    object === undefined ? undefined : schema.findChildRelationship(object, segment(request, 3));
  const child =
    relationship === undefined ? undefined : schema.findObject(relationship.childSObject);
  if (relationship === undefined || child === undefined) throw notFound();
  const fields = request.query.get('fields') ?? child.fields.map(({ name }) => name).join(',');
  const soql = `SELECT ${fields} FROM ${child.name} WHERE ${relationship.field} = ${quoteSoql(segment(request, 2))}`;
  return query({ ...request, segments: ['query'], query: new URLSearchParams({ q: soql }) });
};
