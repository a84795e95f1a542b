import { ok, type Handler } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';

/** Visualforce's commonest components, with attributes that each has besides `id` and `rendered`. */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  'apex:actionFunction': ['action', 'name', 'oncomplete', 'reRender', 'status'],
  'apex:actionStatus': ['startText', 'stopText'],
  'apex:column': ['headerValue', 'value', 'width'],
  'apex:commandButton': ['action', 'immediate', 'reRender', 'value'],
  'apex:commandLink': ['action', 'immediate', 'reRender', 'value'],
  'apex:dataTable': ['columns', 'rows', 'value', 'var'],
  'apex:detail': ['inlineEdit', 'relatedList', 'subject', 'title'],
  'apex:form': ['enctype', 'onsubmit', 'styleClass'],
  'apex:includeScript': ['loadOnReady', 'value'],
  'apex:inputField': ['label', 'required', 'styleClass', 'value'],
  'apex:inputText': ['label', 'maxlength', 'required', 'value'],
  'apex:outputField': ['label', 'styleClass', 'value'],
  'apex:outputLink': ['target', 'value'],
  'apex:outputPanel': ['layout', 'styleClass'],
  'apex:outputText': ['escape', 'label', 'value'],
  'apex:page': [
    'action',
    'controller',
    'docType',
    'extensions',
    'showHeader',
    'standardController',
  ],
  'apex:pageBlock': ['helpTitle', 'mode', 'title'],
  'apex:pageBlockSection': ['collapsible', 'columns', 'title'],
  'apex:pageBlockTable': ['columns', 'rows', 'value', 'var'],
  'apex:pageMessages': ['escape', 'showDetail'],
  'apex:repeat': ['first', 'rows', 'value', 'var'],
  'apex:selectList': ['multiselect', 'size', 'value'],
  'apex:stylesheet': ['value'],
};

/** `GET /tooling/completions?type=`: the org's objects and fields for Apex, the commonest components for Visualforce. */
export const completions: Handler = ({ query, org }) => {
  switch (query.get('type') ?? 'apex') {
    case 'visualforce':
      return ok({
        completions: Object.fromEntries(
          Object.entries(COMPONENTS).map(([name, attributes]) => [
            name,
            {
              simple: false,
              attribs: Object.fromEntries(
                ['id', 'rendered', ...attributes].map((attribute) => [attribute, {}]),
              ),
            },
          ]),
        ),
      });
    case 'apex':
      return ok({
        publicDeclarations: {
          Schema: Object.fromEntries(
            org.schema().objects.flatMap((object) =>
              object.isView
                ? []
                : [
                    [
                      object.name,
                      {
                        constructors: [],
                        methods: [],
                        properties: object.fields.map(({ name }) => ({ name, references: [] })),
                      },
                    ],
                  ],
            ),
          ),
        },
      });
    default:
      throw new SalesforceError(
        'INVALID_INPUT',
        `Invalid completions type: ${query.get('type') ?? ''}`,
      );
  }
};
