import type { z } from 'zod';

import type { CustomField, PicklistValueMetadata } from './custom-definition.ts';
import type { FieldDef, PicklistValue } from './field.ts';
import { findPart, type Parts } from './part.ts';

type ValueMetadata = Readonly<z.infer<typeof PicklistValueMetadata>>;

/** The values of a field's picklist, its own or those of the global value set it names. */
export function valuesOf({ valueSet }: CustomField, parts: Parts): readonly ValueMetadata[] {
  const name = valueSet?.valueSetName;
  if (name === undefined || name === null) {
    const own = valueSet?.valueSetDefinition;
    return sorted(own?.value ?? [], own?.sorted ?? false);
  }
  const set = findPart(parts, 'GlobalValueSet', name)?.definition;
  return sorted(set?.customValue ?? [], set?.sorted ?? false);
}

export function sorted(
  values: readonly ValueMetadata[],
  byLabel: boolean,
): readonly ValueMetadata[] {
  if (!byLabel) return values;
  return values.toSorted((a, b) => (a.label ?? a.fullName).localeCompare(b.label ?? b.fullName));
}

export function picklistValue({
  fullName,
  label,
  default: isDefault,
  isActive,
}: ValueMetadata): PicklistValue {
  return {
    active: isActive ?? true,
    defaultValue: isDefault ?? false,
    label: label ?? fullName,
    validFor: null,
    value: fullName,
  };
}

/** The bits of `validFor` come in groups of 24, so that their base64 needs no padding. */
const BYTES_AT_A_TIME = 3;
const BITS_A_BYTE = 8;

/**
 * A dependent picklist's values, each with the bitmap of the controlling values it goes with: the bit of the first
 * controlling value is the highest of the first byte.
 */
export function dependentOn(
  field: FieldDef,
  controller: FieldDef,
  { valueSet }: CustomField,
): FieldDef {
  const controlling = controllingValues(controller);
  const settings = valueSet?.valueSettings ?? [];
  const groups = Math.max(1, Math.ceil(controlling.length / BITS_A_BYTE / BYTES_AT_A_TIME));
  const picklistValues = field.picklistValues.map((value): PicklistValue => {
    const bits = Buffer.alloc(groups * BYTES_AT_A_TIME);
    for (const setting of settings) {
      if (setting.valueName !== value.value) continue;
      for (const name of setting.controllingFieldValue) {
        const at = controlling.indexOf(name);
        if (at === -1) continue;
        const byte = Math.floor(at / BITS_A_BYTE);
        bits.writeUInt8(bits.readUInt8(byte) | (0x80 >> (at % BITS_A_BYTE)), byte);
      }
    }
    return { ...value, validFor: bits.toString('base64') };
  });
  return { ...field, controllerName: controller.name, dependentPicklist: true, picklistValues };
}

/** A checkbox controls with two values: unchecked, checked. */
function controllingValues(controller: FieldDef): readonly string[] {
  if (controller.type === 'boolean') return ['unchecked', 'checked'];
  return controller.picklistValues.map(({ value }) => value);
}

/** Whether a dependent value goes with its controlling field's value. */
export function isValidFor(
  value: PicklistValue,
  controller: FieldDef,
  controlling: string | boolean | null,
): boolean {
  if (value.validFor === null) return true;
  const name = typeof controlling === 'boolean' ? checkbox(controlling) : controlling;
  const at = name === null ? -1 : controllingValues(controller).indexOf(name);
  if (at === -1) return false;
  const bits = Buffer.from(value.validFor, 'base64');
  const byte = Math.floor(at / BITS_A_BYTE);
  return byte < bits.length && (bits.readUInt8(byte) & (0x80 >> (at % BITS_A_BYTE))) !== 0;
}

function checkbox(checked: boolean): string {
  return checked ? 'checked' : 'unchecked';
}
