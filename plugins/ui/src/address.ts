// Parts of an address.

/** The parts of a path below the page of a plugin; one that is empty, or no text, is nothing. */
export function partsOf(subPath: string): (string | undefined)[] {
  return subPath.split('/').map((part) => {
    try {
      return part ? decodeURIComponent(part) : undefined;
    } catch {
      return undefined;
    }
  });
}
