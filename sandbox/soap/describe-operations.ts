import { createDispatch } from '../rest/dispatch.ts';
import { presentationRoutes } from '../rest/presentation.ts';
import { quickActionRoutes } from '../rest/quick-actions.ts';
import { searchRoutes } from '../sosl/search.ts';
import { isList, mapOf, textsOf, type Element, type Xml } from './envelope.ts';
import { asRest, required, type Operation, type SoapRequest } from './operation.ts';
import { jsonOf, listOfJson, mapOfJson, plainXml, recordXml, type Json } from './to-xml.ts';

const dispatch = createDispatch([
  ...presentationRoutes(),
  ...quickActionRoutes(),
  ...searchRoutes(),
]);

/** What REST answers at a path. */
async function fromRest(
  request: SoapRequest,
  path: readonly string[],
  query: Readonly<Record<string, string>> = {},
): Promise<Json> {
  return jsonOf(await dispatch(asRest(request, path, query)));
}

const describeOf = (request: SoapRequest, name: string): Promise<Json> =>
  fromRest(request, ['sobjects', required(request.args, 'sObjectType'), 'describe', name]);

export const describeLayout: Operation = async (request) =>
  plainXml(await describeOf(request, 'layouts'));

export const describeCompactLayouts: Operation = async (request) =>
  plainXml(await describeOf(request, 'compactLayouts'));

/** Of each object the one compact layout it has. */
export const describePrimaryCompactLayouts: Operation = async (request) => {
  const found: Xml[] = [];
  for (const name of textsOf(request.args['sObjectTypes'])) {
    const layouts = mapOfJson(
      await fromRest(request, ['sobjects', name, 'describe', 'compactLayouts']),
    );
    const [first] = listOfJson(layouts['compactLayouts']);
    if (first !== undefined) found.push(plainXml(first));
  }
  return found;
};

export const describeApprovalLayout: Operation = async (request) =>
  plainXml(await describeOf(request, 'approvalLayouts'));

export const describeTheme: Operation = async (request) =>
  plainXml(await fromRest(request, ['theme']));

export const describeAllTabs: Operation = async (request) =>
  plainXml(await fromRest(request, ['tabs']));

export const describeAvailableQuickActions: Operation = async (request) => {
  const context = textsOf(request.args['contextType'])[0];
  const path = context === undefined || context === '' ? [] : ['sobjects', context];
  return plainXml(await fromRest(request, [...path, 'quickActions']));
};

export const describeQuickActions: Operation = async (request) => {
  const found: Xml[] = [];
  for (const name of textsOf(request.args['quickActions'])) {
    const [action = '', object] = name.split('.').toReversed();
    const path = object === undefined ? [] : ['sobjects', object];
    found.push(plainXml(await fromRest(request, [...path, 'quickActions', action, 'describe'])));
  }
  return found;
};

/** No object has categories of its data. */
export const describeDataCategoryGroups: Operation = async () => Promise.resolve([]);

/** SOSL; each found record by itself. */
export const search: Operation = async (request) => {
  const json = mapOfJson(
    await fromRest(request, ['search'], { q: required(request.args, 'searchString') }),
  );
  return {
    searchRecords: listOfJson(json['searchRecords']).map((record) => ({
      record: recordXml(mapOfJson(record)),
    })),
  };
};

/** The elements of an argument that may come once or more often. */
export function elementsOf(element: Element | undefined): readonly ReturnType<typeof mapOf>[] {
  if (element === undefined) return [];
  const list = typeof element === 'object' && isList(element) ? element : [element];
  return list.map(mapOf);
}
