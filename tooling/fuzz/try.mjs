/**
 * Reads one input as a careless caller would: opens it, compares checksums, reads every tensor and some rows, writes
 * what was read, and reads that again.
 *
 * @param pt the package under test.
 * @returns `read`, or the code of the refusal.
 * @throws whatever else happens: that is a finding.
 */
export async function attempt(pt, bytes, random) {
  let file;
  try {
    file = await pt.openPt(bytes, {
      exact: random.once(2),
      checksums: random.pick(['always', 'whole', 'never']),
    });
    if (random.once(2)) await file.verify();
    for (const { tensor } of file.tensors()) {
      await tensor.readBytes();
      if (tensor.shape[0] > 0) await tensor.readRows(tensor.shape[0] - 1, tensor.shape[0]);
      if (!tensor.dtype.startsWith('complex')) await tensor.readFloat32();
    }
    if (file.value instanceof Map)
      for (const value of file.value.values()) if (value instanceof pt.NumpyStrings) readStrings(value);
  } catch (error) {
    if (error instanceof pt.PtFormatError) return error.code;
    throw error;
  }
  const written = await write(pt, file.value);
  if (written === null) return 'not written';
  await (await pt.openPt(written)).verify();
  return 'read';
}

function readStrings(strings) {
  for (const _ of strings);
  strings.toBytes();
}

/** What a reader takes and a writer by its documentation does not. */
const NOT_WRITTEN =
  /a tuple that contains itself|a NumpyStrings cannot be written|its storage is already written as|nested deeper than/;

async function write(pt, value) {
  try {
    return await pt.encodePt(value);
  } catch (error) {
    if (error instanceof TypeError && NOT_WRITTEN.test(error.message)) return null;
    // A storage whose checksum was not asked for until now.
    if (error instanceof pt.PtFormatError && error.code === 'checksum') return null;
    throw error;
  }
}
