/**
 * Who sees and changes the records of an object that he has not been given by anything else: the organization-wide
 * default. `ReadWrite` lets everybody read and edit but not delete; `ReadWriteTransfer` also give away; `FullAccess`
 * all of it. `ControlledByParent` asks the parents named in `parentFields`.
 */
export const SHARING_MODELS = [
  'Private',
  'Read',
  'ReadWrite',
  'ReadWriteTransfer',
  'FullAccess',
  'ControlledByParent',
] as const;
export type SharingModel = (typeof SHARING_MODELS)[number];

export function findSharingModel(text: unknown): SharingModel | undefined {
  return SHARING_MODELS.find((model) => model === text);
}

/** The defaults of a Developer Edition org. Objects that are not here, custom ones aside, are shared by nothing. */
const STANDARD: Readonly<Record<string, SharingModel>> = {
  Account: 'ReadWrite',
  AccountContactRelation: 'ControlledByParent',
  Asset: 'ControlledByParent',
  Campaign: 'FullAccess',
  CampaignMember: 'ControlledByParent',
  Case: 'ReadWriteTransfer',
  Contact: 'ControlledByParent',
  Lead: 'ReadWriteTransfer',
  Opportunity: 'ReadWrite',
  OpportunityContactRole: 'ControlledByParent',
  OpportunityLineItem: 'ControlledByParent',
};

export function standardSharingModel(object: string): SharingModel | undefined {
  return STANDARD[object];
}

/** What the default of an object may be changed to; undefined when it may not. */
export function allowedSharingModels(object: {
  readonly name: string;
  readonly custom: boolean;
}): readonly SharingModel[] | undefined {
  if (object.custom) return ['Private', 'Read', 'ReadWrite', 'ControlledByParent'];
  return ALLOWED[object.name];
}

const ALLOWED: Readonly<Record<string, readonly SharingModel[]>> = {
  Account: ['Private', 'Read', 'ReadWrite'],
  Asset: ['Private', 'Read', 'ReadWrite', 'ControlledByParent'],
  Campaign: ['Private', 'Read', 'ReadWrite', 'FullAccess'],
  Case: ['Private', 'Read', 'ReadWrite', 'ReadWriteTransfer'],
  Contact: ['Private', 'Read', 'ReadWrite', 'ControlledByParent'],
  Lead: ['Private', 'Read', 'ReadWrite', 'ReadWriteTransfer'],
  Opportunity: ['Private', 'Read', 'ReadWrite'],
};

/** The references of standard objects whose parents decide, when the object is controlled by its parents. */
export const STANDARD_PARENTS: Readonly<Record<string, readonly string[]>> = {
  AccountContactRelation: ['AccountId', 'ContactId'],
  Asset: ['AccountId'],
  CampaignMember: ['CampaignId'],
  Contact: ['AccountId'],
  OpportunityContactRole: ['OpportunityId'],
  OpportunityLineItem: ['OpportunityId'],
};
