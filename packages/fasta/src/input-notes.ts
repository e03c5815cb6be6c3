import { grouped } from '@holdfast/options';

/** What was read as something else than it stands there. Counts over all inputs. */
export interface InputNotes {
  /** Lines that begin with `;`, which are left out. */
  comments: number;
  /** Byte order marks after the start of a file, which are left out. */
  byte_order_marks: number;
  /** Lines that end with a carriage return alone. */
  cr_line_ends: number;
  /** Records of FASTQ, whose qualities are left out. */
  fastq_records: number;
}

/** The counts before the first input. */
export const noNotes = (): InputNotes => ({
  comments: 0,
  byte_order_marks: 0,
  cr_line_ends: 0,
  fastq_records: 0,
});

/** Whether anything was read as something else. */
export const hasNotes = (notes: InputNotes): boolean => Object.values(notes).some((count) => count > 0);

const count = (number: number, one: string, many: string) =>
  `${grouped(number)} ${number === 1 ? one : many}`;

/** A warning for each kind of note; none if the inputs were read as they stand. */
export function noteWarnings(notes: InputNotes): string[] {
  const { comments, byte_order_marks: marks, cr_line_ends: returns, fastq_records: fastq } = notes;
  return [
    ...(comments > 0
      ? [`the input has ${count(comments, 'comment line', 'comment lines')} (beginning with ";"), left out`]
      : []),
    ...(marks > 0
      ? [
          `the input has ${count(marks, 'byte order mark', 'byte order marks')} after its start, left out; files were probably joined`,
        ]
      : []),
    ...(returns > 0
      ? [
          `${count(returns, 'line ends', 'lines end')} with a carriage return alone, as on old Macs; each is read as a line end`,
        ]
      : []),
    ...(fastq > 0 ? [`${count(fastq, 'record is', 'records are')} FASTQ; the qualities are left out`] : []),
  ];
}
