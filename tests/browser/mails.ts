type Mail = { id: string; to: { address: string }[]; subject: string; text: string; date: string };

/** The newest letter to an address that maildev has received, waited for up to 20 s. */
export async function newestMail(mailWebUrl: string, to: string): Promise<Mail> {
  for (let times = 0; times < 80; times++) {
    const all = (await (await fetch(`${mailWebUrl}/api/email`)).json()) as Mail[];
    const found = all.filter((mail) => mail.to.some(({ address }) => address === to));
    const newest = found.sort((one, other) => String(one.date).localeCompare(String(other.date))).at(-1);
    if (newest) return newest;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no mail came to ${to}`);
}

export function codeInMail({ text }: Mail): string {
  const code = /\b(\d{6})\b/.exec(text)?.[1];
  if (!code) throw new Error("the letter has no code");
  return code;
}
