/** The number in `?page=`, from 1; what is no such number counts as 1. */
export function readPage(request: Request): number {
  const said = new URL(request.url).searchParams.get("page") ?? "";
  return /^[1-9]\d{0,4}$/.test(said) ? Number(said) : 1;
}
