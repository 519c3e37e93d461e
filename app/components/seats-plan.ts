/** The most seats that are drawn: they stay recognizable on a phone. */
const mostSeats = 240;
const pitch = 17.5;
const rowPitch = 18.8;
const bend = 0.00018;

export type SeatsPlan = {
  /** How many people one seat stands for. */
  per: number;
  seats: number;
  taken: number;
  width: number;
  height: number;
  /** SVG paths of all taken and of all free seats. */
  takenPath: string;
  freePath: string;
};

/**
 * Lays out a house of `capacity` seats (without one: a house that fits) of which `count` are taken, from the middle of
 * the front row outwards and then row by row. Rows bend around the stage above them.
 */
export function planSeats(count: number, capacity?: number | null): SeatsPlan {
  const people = Math.max(0, Math.floor(count));
  const house = Math.max(people, capacity && capacity > 0 ? Math.floor(capacity) : houseFor(people), 1);
  const per = peoplePerSeat(house);
  const seats = Math.ceil(house / per);
  const taken = Math.min(seats, people >= house ? seats : Math.ceil(people / per));
  const lengths = rowLengths(seats);
  const longest = Math.max(...lengths);
  const width = longest * pitch + 2;
  const lift = bend * ((longest * pitch) / 2) ** 2;

  const paths: [string[], string[]] = [[], []];
  let seated = 0;
  lengths.forEach((length, row) => {
    for (const x of fromTheMiddle(length)) {
      const y = 14 + lift + row * rowPitch - bend * x ** 2;
      paths[seated < taken ? 0 : 1].push(`M${round(width / 2 + x - 6)} ${round(y)}v-5a6 6 0 0 1 12 0v5z`);
      seated += 1;
    }
  });
  return {
    per,
    seats,
    taken,
    width: Math.ceil(width),
    height: Math.ceil(14 + lift + (lengths.length - 1) * rowPitch + 2),
    takenPath: paths[0].join(""),
    freePath: paths[1].join(""),
  };
}

/** A house that is neither sold out nor empty-looking: the next larger of a few sizes. */
function houseFor(people: number): number {
  let size = 30;
  while (size < people) size *= 2;
  return size;
}

function peoplePerSeat(house: number): number {
  for (let unit = 1; ; unit *= 10) {
    const per = [1, 2, 5].map((step) => step * unit).find((each) => Math.ceil(house / each) <= mostSeats);
    if (per) return per;
  }
}

/** Each row is two seats longer than the one in front of it; what is left over goes to the back. */
function rowLengths(seats: number): number[] {
  const rows = Math.max(1, Math.round(Math.sqrt(seats / 8)), Math.ceil(seats / 32));
  const front = Math.floor((seats - rows * (rows - 1)) / rows);
  const rest = seats - rows * (front + rows - 1);
  return Array.from({ length: rows }, (_, row) => front + 2 * row + (row >= rows - rest ? 1 : 0));
}

function fromTheMiddle(length: number): number[] {
  const places = Array.from({ length }, (_, index) => (index - (length - 1) / 2) * pitch);
  return places.sort((a, b) => Math.abs(a) - Math.abs(b) || a - b);
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
