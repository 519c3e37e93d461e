import { planSeats } from "./seats-plan.ts";

type SeatsProps = {
  count: number;
  /** How many there could be; without it the house is as large as it needs to be. */
  capacity?: number | null;
  /** The number in words: "61 people are here". */
  words?: string;
};

/** People as seats that fill up. The picture is for the eye; the words beside it say the same. */
export function Seats({ count, capacity, words }: SeatsProps) {
  const plan = planSeats(count, capacity);
  const said =
    words ?? (count === 1 ? "1 person is here" : `${count.toLocaleString("en-GB")} people are here`);
  return (
    <div className="seats">
      <svg
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        width={plan.width}
        height={plan.height}
        aria-hidden="true"
        focusable="false"
      >
        <path className="seats-free" d={plan.freePath} />
        <path className="seats-taken" d={plan.takenPath} />
      </svg>
      <p className="small num">
        {said}
        {plan.per > 1 && `. One seat stands for ${plan.per.toLocaleString("en-GB")} people.`}
      </p>
    </div>
  );
}
