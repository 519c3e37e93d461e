/** "1st", "2nd", "3rd", "11th", "22nd". */
export function ordinal(number: number): string {
  const [tens, ones] = [number % 100, number % 10];
  if (tens >= 11 && tens <= 13) return `${number}th`;
  return `${number}${{ 1: "st", 2: "nd", 3: "rd" }[ones] ?? "th"}`;
}
