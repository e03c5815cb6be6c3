import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@holdfast/durable';
import * as z from '@holdfast/schema';
import { formatChecked, parseChecked } from './checked-json.js';

/** How far rows in a lower precision are from those in float32: cosines of the two rows of a sequence. */
export const precisionCostSchema = z.object({
  name: z.string(),
  /** How many sequences of the run were compared. */
  sequences: z.number().int().positive(),
  cosine_median: z.number(),
  cosine_worst: z.number(),
});
export type PrecisionCost = z.infer<typeof precisionCostSchema>;

const schema = z.object({ format: z.literal(1), run: z.string(), ...precisionCostSchema.shape });

/** `precision.json`, if it belongs to this run and is undamaged; else null: it can be measured again. */
export async function readPrecisionCost(path: string, run: string): Promise<PrecisionCost | null> {
  try {
    const { value, checked } = parseChecked(await readFile(path, 'utf8'));
    const { format: _, run: of, ...cost } = schema.parse(value);
    return checked && of === run ? cost : null;
  } catch {
    return null;
  }
}

/** @param run the fingerprint of the run. */
export async function writePrecisionCost(path: string, run: string, cost: PrecisionCost): Promise<void> {
  await writeFileDurably(path, formatChecked({ format: 1, run, ...cost }));
}
