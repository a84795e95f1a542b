import { metadataId } from '../schema/add-custom.ts';

/** What became of one component of a deploy: `DeployMessage` of the Metadata API. */
export interface Message {
  readonly componentType: string;
  readonly fileName: string;
  readonly fullName: string;
  readonly id?: string;
  readonly created: boolean;
  readonly changed: boolean;
  readonly deleted: boolean;
  readonly success: boolean;
  readonly problem?: string;
  readonly problemType?: 'Error' | 'Warning';
  readonly lineNumber?: number;
  readonly columnNumber?: number;
}

export type Subject = Pick<Message, 'componentType' | 'fileName' | 'fullName'>;
export type Outcome = 'created' | 'changed' | 'deleted' | 'same';

export function succeeded(subject: Subject, outcome: Outcome, warning?: string): Message {
  return {
    ...subject,
    ...(subject.componentType === '' ? {} : { id: idOf(subject) }),
    changed: outcome === 'created' || outcome === 'changed',
    created: outcome === 'created',
    deleted: outcome === 'deleted',
    success: true,
    ...(warning === undefined ? {} : { problem: warning, problemType: 'Warning' as const }),
  };
}

export function failed(
  subject: Subject,
  problem: string,
  place: Pick<Message, 'lineNumber' | 'columnNumber'> = {},
): Message {
  return {
    ...subject,
    changed: false,
    created: false,
    deleted: false,
    success: false,
    problem,
    problemType: 'Error',
    ...place,
  };
}

/** The id under which a component is known: no record of this org, but always the same. */
export function idOf({
  componentType,
  fullName,
}: Pick<Subject, 'componentType' | 'fullName'>): string {
  switch (componentType) {
    case 'CustomField':
      return metadataId('00N', fullName);
    case 'CustomObject':
      return metadataId('01I', fullName);
    default:
      return metadataId('0Mx', `${componentType}.${fullName}`);
  }
}
