/** Facts about a machine, not yet judged. */
export interface Facts {
  node: { version: string; platform: string; arch: string };
  onnxRuntime: { version: string; folder: string; providers: string[] };
  providers: ProviderFact[];
  cuda: CudaFacts;
  gpus: GpuFacts;
  cores: { usable: number; quota: number | null };
  /** In bytes. */
  memory: { total: number; available: number; limit: number | null };
  folder: FolderFacts;
}

/** The outcome of a trial of one execution provider. */
export interface ProviderFact {
  name: string;
  /** `other_platform`: this build of ONNX Runtime has no such provider, so none was tried. */
  state: 'works' | 'fails' | 'other_platform';
  /** Why it fails, in one line. */
  problem: string | null;
  /** Why it fails on a built-in model, if it works otherwise. */
  builtIn?: string;
  /** Milliseconds from the start of the process. */
  took: number;
}

export interface CudaFacts {
  /** Whether the provider's library is in the package; null if the package has none for the platform. */
  providerInstalled: boolean | null;
  /** The version of CUDA whose libraries these are. */
  version?: number;
  /** Libraries the provider needs, and whether the system's loader finds them. */
  libraries: { name: string; found: boolean }[];
}

export interface GpuFacts {
  found: { name: string; memoryMiB: number }[];
  /** Why none was found, if known. */
  problem: string | null;
}

export interface FolderFacts {
  /** As it was given. */
  asked: string;
  /** The folder that was examined: the requested one, or its closest existing parent. */
  probed: string;
  /** The file system's type, if known. */
  fileSystem: string | null;
  freeBytes: number | null;
  /** Why nothing can be written there, else null. */
  refused: string | null;
  /** The name of the system error, if it was one. */
  refusedBy?: string;
  /** Why locks do not work there, else null. */
  locks: string | null;
  /** Whether a folder's entries can be synced to the device; absent if not tested. */
  syncsFolders?: boolean;
  /** Bytes a second of writing with an fsync at the end, and seconds that an fsync of a little takes. */
  speed: { bytesPerSecond: number; fsyncSeconds: number } | null;
}
