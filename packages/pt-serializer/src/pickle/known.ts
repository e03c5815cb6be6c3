/** A name in a pickle that this reader knows: of a class or function, before anything is made with it. */
export class Known {
  constructor(readonly name: string) {}
}
