const HIDDEN = '***';

/**
 * An argument of a command without its secrets, as far as they can be told by their form: passwords in URLs, parameters of URLs with
 * a telling name, and tokens of Hugging Face.
 */
export const masked = (argument: string): string =>
  argument
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s?#]*@/gi, `$1${HIDDEN}@`)
    .replace(
      /([?&;][\w.-]*(?:token|secret|password|passwd|key|signature|sig|auth)[\w.-]*=)[^&;\s#]*/gi,
      `$1${HIDDEN}`,
    )
    .replace(/\bhf_[A-Za-z0-9]{8,}/g, `hf_${HIDDEN}`);
