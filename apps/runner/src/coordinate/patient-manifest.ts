import { CheckpointManifest } from '@holdfast/manifest';

/** Runs a write again while the disk is full. @param bytes that it needs, about. */
export type Patiently = <T>(work: () => Promise<T>, bytes: number) => Promise<T>;

/** What an update needs, even if it begins a new block. */
const LINE = 64 * 1024;

/** A manifest whose updates wait while the disk is full. Repeating one is safe: it is recorded once. */
export class PatientManifest extends CheckpointManifest {
  readonly #patiently: Patiently;

  constructor(
    path: string,
    options: ConstructorParameters<typeof CheckpointManifest>[1],
    patiently: Patiently,
  ) {
    super(path, options);
    this.#patiently = patiently;
  }

  override initialize(...given: Parameters<CheckpointManifest['initialize']>): Promise<void> {
    return this.#patiently(() => super.initialize(...given), LINE);
  }

  override updateShardCheckpoint(
    ...given: Parameters<CheckpointManifest['updateShardCheckpoint']>
  ): Promise<void> {
    return this.#patiently(() => super.updateShardCheckpoint(...given), LINE);
  }

  override reconcileShard(...given: Parameters<CheckpointManifest['reconcileShard']>): Promise<void> {
    return this.#patiently(() => super.reconcileShard(...given), LINE);
  }

  override markShardComplete(...given: Parameters<CheckpointManifest['markShardComplete']>): Promise<void> {
    return this.#patiently(() => super.markShardComplete(...given), LINE);
  }

  override markShardFailed(...given: Parameters<CheckpointManifest['markShardFailed']>): Promise<void> {
    return this.#patiently(() => super.markShardFailed(...given), LINE);
  }

  override markShardInProgress(
    ...given: Parameters<CheckpointManifest['markShardInProgress']>
  ): Promise<void> {
    return this.#patiently(() => super.markShardInProgress(...given), LINE);
  }

  override claimShard(
    ...given: Parameters<CheckpointManifest['claimShard']>
  ): ReturnType<CheckpointManifest['claimShard']> {
    return this.#patiently(() => super.claimShard(...given), LINE);
  }

  override recordRecovery(...given: Parameters<CheckpointManifest['recordRecovery']>): Promise<void> {
    return this.#patiently(() => super.recordRecovery(...given), LINE);
  }

  override recordRedistribution(
    ...given: Parameters<CheckpointManifest['recordRedistribution']>
  ): Promise<void> {
    return this.#patiently(() => super.recordRedistribution(...given), LINE);
  }
}
