/** Most characters of an ID in a message. */
const MOST = 100;

/** An ID as a message shows it: quoted if its ends could not be seen otherwise, and cut if it is very long. */
export function shownId(id: string): string {
  const cut = id.length > MOST ? `${id.slice(0, MOST)}…` : id;
  const quoted = id === '' || /[\s"'`,]|\p{Cc}|\p{Cf}/u.test(cut) ? quotedText(cut) : cut;
  return id.length > MOST ? `${quoted} (${id.length.toLocaleString('en-US')} characters)` : quoted;
}

/** In quotes, with what cannot be seen written as its code. */
const quotedText = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /\p{Cf}/gu,
    (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
