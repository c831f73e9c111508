/** The list of a manager's registered applications. */

/** A local application that is registered, under generation `g`. */
export interface Registration {
  readonly a: number
  readonly g: number
}

export const withAcceptor = (
  list: ReadonlyArray<Registration>,
  a: number,
  g: number,
): ReadonlyArray<Registration> => [...list.filter((x) => x.a !== a), { a, g }].sort((x, y) => x.a - y.a)

export const withoutAcceptor = (
  list: ReadonlyArray<Registration>,
  a: number,
  g: number,
): ReadonlyArray<Registration> =>
  list.some((x) => x.a === a && x.g === g) ? list.filter((x) => x.a !== a) : list
