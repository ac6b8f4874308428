/** Times as people read them: in their zone, with UTC beside it. */
export interface Clock {
  locale: string | undefined;
  zone: string | undefined;
}
export const clock: Clock = { locale: undefined, zone: undefined };

const made = new Map<string, Intl.DateTimeFormat>();
function formatter(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name}/${clock.locale}/${clock.zone}`;
  let found = made.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(clock.locale, { ...options, hourCycle: "h23", ...(clock.zone ? { timeZone: clock.zone } : {}) });
    made.set(key, found);
  }
  return found;
}

export const whole = (at: string | Date): string =>
  formatter("whole", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(new Date(at));

export const moment = (at: string | Date): string =>
  formatter("moment", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
    new Date(at),
  );

export const day = (at: string | Date): string =>
  formatter("day", { weekday: "short", year: "numeric", month: "short", day: "numeric" }).format(new Date(at));

export const hour = (at: string | Date): string =>
  formatter("hour", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));

/** RFC 3339 in UTC, to the second: what goes over the wire and into a hover. */
export const utc = (at: string | Date): string => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function ago(at: string | Date, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(clock.locale, { numeric: "auto", style: "short" });
  for (const [unit, size] of SPANS)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return relative.format(Math.trunc(seconds), "second");
}

/** A length of time in its two largest units. */
export function span(seconds: number): string {
  const units: [string, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ];
  let left = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count && parts.length < 2)
      parts.push(new Intl.NumberFormat(clock.locale, { style: "unit", unit, unitDisplay: "narrow" }).format(count));
    else if (parts.length) break;
  }
  return parts.join(" ") || new Intl.NumberFormat(clock.locale, { style: "unit", unit: "second", unitDisplay: "narrow" }).format(0);
}

export const number = (value: number): string => new Intl.NumberFormat(clock.locale).format(value);
export const percent = (share: number): string =>
  new Intl.NumberFormat(clock.locale, { style: "percent", maximumFractionDigits: 0 }).format(share);
