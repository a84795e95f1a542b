import type { FieldDef } from '../schema/field.ts';
import { Schema } from '../schema/schema.ts';

/** Gives every roll-up summary the type and the digits of what it sums up. */
export function withSummaryTypes(schema: Schema): Schema {
  if (
    !schema.objects.some(({ fields }) =>
      fields.some(({ summary, custom }) => custom && summary !== null),
    )
  )
    return schema;
  return new Schema(
    schema.objects.map((object) => ({
      ...object,
      fields: object.fields.map((field) => typed(schema, field)),
    })),
    schema.hiddenPrefixes,
  );
}

function typed(schema: Schema, field: FieldDef): FieldDef {
  const { summary } = field;
  if (summary === null || summary.operation === 'count') return field;
  const child = schema.findObject(summary.child);
  const summed = child === undefined ? undefined : schema.findField(child, summary.field ?? '');
  if (summed === undefined) return field;
  const { type, scale } = summed;
  if (type === 'date' || type === 'datetime') {
    const soapType = type === 'date' ? 'xsd:date' : 'xsd:dateTime';
    return { ...field, type, soapType, precision: 0, scale: 0, groupable: type === 'date' };
  }
  return { ...field, type: type === 'currency' || type === 'percent' ? type : 'double', scale };
}
