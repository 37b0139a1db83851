// Families of browsers, programs and systems, told by what clients say of themselves.

import Bowser from 'bowser';

/** Versions and numbers don't matter to a family: forms are agents without them. So many are looked at, the most frequent ones. */
const MOST_FORMS = 1000;

export interface Family {
  browser: string | null;
  os: string | null;
}

/** The name that a program gives itself: `curl` of `curl/8.1`. */
function program(agent: string): string | null {
  return /^[A-Za-z][A-Za-z0-9_.-]{1,30}(?=[/ ]|$)/.exec(agent)?.[0] ?? null;
}

/** The family of one agent. */
export function family(agent: string): Family {
  if (agent === '' || agent === '-') return { browser: null, os: null };
  try {
    const { browser, os } = Bowser.parse(agent);
    // What only claims to be `Mozilla` is a program of its own name, or of none.
    const name = browser.name && browser.name !== 'Mozilla' ? browser.name : program(agent);
    return { browser: name ?? null, os: os.name ?? null };
  } catch {
    return { browser: program(agent), os: null };
  }
}

/** The families of agents, the most frequent forms looked at; of the others only a program's own name is known. */
export function families(agents: readonly (string | null)[], requests: ArrayLike<number>): (Family | null)[] {
  const forms = agents.map((agent) => agent?.replace(/\d[\d._]*/g, '0') ?? null);
  const counted = new Map<string, number>();
  forms.forEach((form, at) => {
    if (form !== null && requests[at] > 0) counted.set(form, (counted.get(form) ?? 0) + requests[at]);
  });
  const order = [...counted].sort(([, one], [, other]) => other - one);
  const known = new Map(order.slice(0, MOST_FORMS).map(([form]) => [form, family(form)] as const));
  return forms.map((form) => (form === null ? null : (known.get(form) ?? { browser: program(form), os: null })));
}
