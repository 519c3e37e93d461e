import { remembered } from "../remembered.ts";

/*
 * Pure, and without Temporal, so that a page may use it in the browser too.
 */

/**
 * Names that engines still report although the tz database has renamed the place. Both names work everywhere; people
 * look for the new one.
 */
const renamed: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

/**
 * The one name under which we keep a time zone: "europe/berlin" and "US/Pacific" become "Europe/Berlin" and
 * "America/Los_Angeles", "Europe/Kiev" becomes "Europe/Kyiv", every name of UTC becomes "UTC". Undefined for what is no
 * zone, and for bare offsets such as "+02:00", which know nothing of summer time.
 */
export function normalizeZone(name: string | null | undefined): string | undefined {
  const typed = name?.trim();
  return typed && /^[A-Za-z][\w+/-]{0,63}$/.test(typed) ? zoneOf(typed) : undefined;
}

/** A formatter takes longer to make than a page's data to read. */
const zoneOf = remembered((typed) => {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: typed }).resolvedOptions();
    return renamed[timeZone] ?? timeZone;
  } catch {
    return undefined;
  }
});

/** Whether this engine knows a zone that is stored: it may have been renamed or removed since. */
export const isKnownZone = (name: string): boolean => normalizeZone(name) !== undefined;

export type ZoneRegion = { region: string; zones: string[] };

/**
 * Every zone that this engine knows, by region, for a select. `also` is a zone that has to be there although engines do
 * not list it ("Etc/GMT+5"); unknown ones are left out.
 */
export function listZones(also?: string | null): ZoneRegion[] {
  const names = new Set(Intl.supportedValuesOf("timeZone").map((zone) => renamed[zone] ?? zone));
  names.add("UTC");
  const extra = normalizeZone(also);
  if (extra) names.add(extra);
  const regions = new Map<string, string[]>();
  for (const zone of [...names].sort()) {
    const region =
      zone.includes("/") && !zone.startsWith("Etc/") ? zone.slice(0, zone.indexOf("/")) : "Other";
    regions.set(region, [...(regions.get(region) ?? []), zone]);
  }
  return [...regions].map(([region, zones]) => ({ region, zones }));
}
