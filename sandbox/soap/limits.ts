/** Every bound of the SOAP API, with its reason. */

/** Salesforce: a SOAP message may have 50 MB. */
export const MESSAGE_BYTES_MAX = 50 * 1_024 * 1_024;
/** Salesforce: records in one call of create, update, upsert, delete, undelete, emptyRecycleBin. */
export const RECORDS_MAX = 200;
/** Salesforce: ids in one retrieve. */
export const RETRIEVED_RECORDS_MAX = 2_000;
/** Salesforce: a merge joins up to two records into a third. */
export const MERGED_RECORDS_MAX = 2;
/** Salesforce: leads in one convertLead. */
export const CONVERTED_LEADS_MAX = 100;
/** No message of a Salesforce client nests deeper; a parser must not be made to recurse without end. */
export const XML_DEPTH_MAX = 50;

/** Salesforce: records of a query's answer in SOAP, unless QueryOptions says otherwise. */
export const QUERY_BATCH_RECORDS = 500;
