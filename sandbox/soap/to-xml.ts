import { z } from 'zod';

import { RawJson, type RestResponse } from '../rest/request.ts';
import { statementsOf, type SaveResult } from '../records/engine.ts';
import type { SalesforceError } from '../salesforce-error.ts';
import { NIL, type Xml } from './envelope.ts';

export type Json = z.infer<ReturnType<typeof z.json>>;
interface JsonMap {
  readonly [name: string]: Json;
}

/** The body of a REST handler's answer as plain JSON. */
export function jsonOf({ body }: RestResponse): Json {
  return z.json().parse(JSON.parse(body instanceof RawJson ? body.text : JSON.stringify(body)));
}

export function mapOfJson(json: Json | undefined): JsonMap {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}

export function listOfJson(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

/** A describe: nulls are left out, lists repeat their element. */
export function plainXml(json: Json): Xml {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(plainXml);
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, value]) =>
      value === null ? [] : [[name, plainXml(value)]],
    ),
  );
}

/** A page of a query. */
export function queryResult(page: Json): Xml {
  const { done, totalSize, records, nextRecordsUrl } = mapOfJson(page);
  const locator = typeof nextRecordsUrl === 'string' ? nextRecordsUrl.split('/').at(-1) : undefined;
  return {
    '@xsi:type': 'QueryResult',
    done: done === true,
    queryLocator: locator ?? NIL,
    records: listOfJson(records).map((record) => recordXml(mapOfJson(record))),
    size: typeof totalSize === 'number' ? totalSize : 0,
  };
}

/** A record: its type, its id (which the partner API's records always have, if only as nil), its fields. */
export function recordXml(record: JsonMap): Xml {
  const { attributes, Id: id, ...fields } = record;
  const { type } = mapOfJson(attributes);
  return {
    '@xsi:type': 'sf:sObject',
    'sf:type': typeof type === 'string' ? type : 'AggregateResult',
    'sf:Id': typeof id === 'string' ? [id, id] : NIL,
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [`sf:${name}`, fieldXml(value)]),
    ),
  };
}

function fieldXml(value: Json): Xml {
  if (value === null) return NIL;
  if (typeof value !== 'object')
    return typeof value === 'string' ? value.replace(/\+0000$/, 'Z') : value;
  if (Array.isArray(value)) return value.map(fieldXml);
  if ('records' in value) return queryResult(value);
  if ('attributes' in value) return recordXml(value);
  return { '@xsi:type': 'address', ...mapOfXml(plainXml(value)) };
}

function mapOfXml(xml: Xml): { readonly [name: string]: Xml | undefined } {
  return typeof xml === 'object' && xml !== null && !isList(xml) ? xml : {};
}

function isList(xml: Xml): xml is readonly Xml[] {
  return Array.isArray(xml);
}

export function saveResult(result: SaveResult): Xml {
  const { id, success } = result;
  return { errors: statementsOf(result).map(errorXml), id: id ?? NIL, success };
}

export function upsertResult(result: SaveResult): Xml {
  return { created: result.created, ...mapOfXml(saveResult(result)) };
}

export function errorXml({ errorCode, message, fields }: SalesforceError): Xml {
  return { fields: [...fields], message, statusCode: errorCode };
}
