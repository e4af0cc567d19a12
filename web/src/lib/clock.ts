/** The mission's clock: the service's, which in a rehearsal is not this computer's. */
let ahead_ms = 0;

export function setClock(time: string): void {
  const told = Date.parse(time);
  if (Number.isFinite(told)) ahead_ms = told - Date.now();
}

export const present = (): number => Date.now() + ahead_ms;
