import type { StoredTensor } from '../onnx/stored-tensor.js';
import type { Weights } from './weights.js';
import { WeightsError } from './weights-error.js';

/** A linear layer, weight [out, in] and bias [out], or a norm, both [dim]. */
export interface Affine {
  /** The name that its tensors share. */
  name: string;
  weight: StoredTensor;
  /** Null: it has none. */
  bias: StoredTensor | null;
}

/** Names that norms had in TensorFlow, which older conversions keep. */
const OLD_ENDS: Readonly<Record<string, string>> = { weight: 'gamma', bias: 'beta' };

/** Takes tensors by name and checks their shapes. All of it throws WeightsError, which names the tensor. */
export class NamedTensors {
  readonly path: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #others: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();

  constructor({ path, tensors, others = new Map() }: Weights) {
    this.path = path;
    this.#tensors = tensors;
    this.#others = others;
  }

  has(name: string): boolean {
    return this.#tensors.has(name) || this.#others.has(name);
  }

  /** The first of some prefixes under which a name is there; an error names the last. */
  prefixOf(name: string, prefixes: readonly string[]): string {
    return (
      prefixes.find((prefix) => this.has(`${prefix}${name}`)) ?? this.#missing(`${prefixes.at(-1)}${name}`)
    );
  }

  /** @param shape null stands for any length. */
  take(name: string, shape: readonly (number | null)[]): StoredTensor {
    const tensor = this.#tensors.get(name) ?? this.#missing(name);
    const fits =
      tensor.shape.length === shape.length &&
      shape.every((size, i) => size === null || size === tensor.shape[i]);
    if (!fits) {
      const wanted = shape.map((size) => size ?? 'any').join(', ');
      const what = `'${name}' has the shape [${tensor.shape.join(', ')}]; the model's configuration needs [${wanted}]`;
      throw new WeightsError('weights_mismatch', this.path, what);
    }
    if (tensor.length === 0) throw new WeightsError('weights_mismatch', this.path, `'${name}' is empty`);
    this.#taken.add(name);
    return tensor;
  }

  linear(name: string, out: number, into: number, bias = true): Affine {
    const weight = this.take(`${name}.weight`, [out, into]);
    return { name, weight, bias: bias ? this.take(`${name}.bias`, [out]) : null };
  }

  norm(name: string, dim: number, bias = true): Affine {
    const old = !this.has(`${name}.weight`) && this.has(`${name}.${OLD_ENDS['weight']}`);
    const part = (end: 'weight' | 'bias') => this.take(`${name}.${old ? OLD_ENDS[end] : end}`, [dim]);
    return { name, weight: part('weight'), bias: bias ? part('bias') : null };
  }

  /** A part that a checkpoint may lack; null too if a tensor of it has another shape, as that of another kind of part. */
  optional<T>(take: () => T): T | null {
    try {
      return take();
    } catch (error) {
      if (error instanceof WeightsError) return null;
      throw error;
    }
  }

  /** Names that nobody took, without those that match. */
  left(ignored: RegExp): string[] {
    return [...this.#tensors.keys(), ...this.#others.keys()].filter(
      (name) => !this.#taken.has(name) && !ignored.test(name),
    );
  }

  /** Refuses tensors that the graph does not use and that are not known to be without effect. */
  refuseOthers(family: string, ignored: RegExp): void {
    const others = this.left(ignored);
    if (others.length === 0) return;
    const some = others.slice(0, 5).join(', ');
    const what = `holds tensors that a plain ${family} does not have: ${some}${others.length > 5 ? ` and ${others.length - 5} more` : ''}`;
    throw new WeightsError('weights_mismatch', this.path, what);
  }

  #missing(name: string): never {
    const why = this.#others.get(name);
    if (why !== undefined) throw new WeightsError('weights_unusable', this.path, `'${name}' ${why}`);
    throw new WeightsError('weights_missing', this.path, `lacks '${name}'`);
  }
}
