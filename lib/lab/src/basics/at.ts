/**
 * The element at an index, counted from 0, of a list that must have it.
 *
 * @throws RangeError where it has none
 */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  if (element !== undefined) return element;
  throw new RangeError(`There is no element ${index} in a list of ${list.length}.`);
}
