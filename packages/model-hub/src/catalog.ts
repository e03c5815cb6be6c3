/** A model with a short name. */
export interface CatalogEntry {
  /** Its short names, the one to print first. */
  names: readonly [string, ...string[]];
  /** `owner/name` on the hub. */
  id: string;
  alphabet: 'dna' | 'protein';
  /** Numbers in a row. */
  dim: number;
  /** Bytes of its weights, roughly. */
  bytes: number;
  /** Its authors' licence, as far as known; its page on the hub is what counts. */
  licence: string;
}

const MB = 1e6;
const GB = 1e9;

const esm2 = (layers: number, size: string, dim: number, bytes: number): CatalogEntry => ({
  names: [`esm2-${size.toLowerCase()}`, `esm2_t${layers}_${size}_UR50D`],
  id: `facebook/esm2_t${layers}_${size}_UR50D`,
  alphabet: 'protein',
  dim,
  bytes,
  licence: 'MIT',
});

const nucleotideTransformer = (size: string, dim: number, bytes: number): CatalogEntry => ({
  names: [`nt-v2-${size}`],
  id: `InstaDeepAI/nucleotide-transformer-v2-${size}-multi-species`,
  alphabet: 'dna',
  dim,
  bytes,
  licence: 'CC BY-NC-SA 4.0',
});

/** The models that have a short name. */
export const catalog: readonly CatalogEntry[] = [
  esm2(6, '8M', 320, 31 * MB),
  esm2(12, '35M', 480, 136 * MB),
  esm2(30, '150M', 640, 595 * MB),
  esm2(33, '650M', 1280, 2.6 * GB),
  esm2(36, '3B', 2560, 11.4 * GB),
  esm2(48, '15B', 5120, 60.5 * GB),
  {
    names: ['esm1b', 'esm1b_t33_650M_UR50S'],
    id: 'facebook/esm1b_t33_650M_UR50S',
    alphabet: 'protein',
    dim: 1280,
    bytes: 2.6 * GB,
    licence: 'MIT',
  },
  {
    names: ['esmc-300m'],
    id: 'biohub/ESMC-300M',
    alphabet: 'protein',
    dim: 960,
    bytes: 1.3 * GB,
    licence: 'MIT',
  },
  {
    names: ['esmc-600m'],
    id: 'biohub/ESMC-600M',
    alphabet: 'protein',
    dim: 1152,
    bytes: 2.3 * GB,
    licence: 'MIT',
  },
  {
    names: ['prot-t5', 'prot_t5_xl_half_uniref50-enc'],
    id: 'Rostlab/prot_t5_xl_half_uniref50-enc',
    alphabet: 'protein',
    dim: 1024,
    bytes: 2.4 * GB,
    licence: 'AFL 3.0',
  },
  {
    names: ['prot-bert', 'prot_bert'],
    id: 'Rostlab/prot_bert',
    alphabet: 'protein',
    dim: 1024,
    bytes: 1.7 * GB,
    licence: 'AFL 3.0',
  },
  {
    names: ['dnabert-s'],
    id: 'zhihan1996/DNABERT-S',
    alphabet: 'dna',
    dim: 768,
    bytes: 468 * MB,
    licence: 'see its page',
  },
  {
    names: ['dnabert-2', 'DNABERT-2-117M'],
    id: 'zhihan1996/DNABERT-2-117M',
    alphabet: 'dna',
    dim: 768,
    bytes: 468 * MB,
    licence: 'Apache 2.0',
  },
  nucleotideTransformer('50m', 512, 224 * MB),
  nucleotideTransformer('100m', 512, 392 * MB),
  nucleotideTransformer('250m', 768, 1.0 * GB),
  nucleotideTransformer('500m', 1024, 2.0 * GB),
];
