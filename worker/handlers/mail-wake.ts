import { wakeMail } from "../mail.ts";

export async function mailWake(): Promise<void> {
  wakeMail();
}
