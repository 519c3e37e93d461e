import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";
import { Choice } from "./choice.tsx";
import { SelectField, TextArea, TextField } from "./field.tsx";

type PassFormProps = {
  /** What stands in a field: what was typed, or what is. */
  value: (name: string) => string | undefined;
  chosen: string[];
  problems: Record<string, string[] | undefined>;
  experiences: { id: string; name: string }[];
  zones: string[];
  /** ISO codes. */
  currencies: readonly string[];
  /** On how many devices one person watches where nothing is said. */
  usualDevices: number;
  /** Above the experiences of a pass that people hold already. */
  note?: ReactNode;
};

/** The fields of a pass, new or not. Those of a term that is not chosen are put away by the style sheet alone. */
export function PassFields({
  value,
  chosen,
  problems,
  experiences,
  zones,
  currencies,
  usualDevices,
  note,
}: PassFormProps) {
  return (
    <>
      <TextField
        label="Name"
        name="name"
        hint="As it stands on the ticket: “Season 2026”."
        error={problems.name}
        defaultValue={value("name")}
        required
        maxLength={80}
      />
      <TextArea
        label="Description"
        name="description"
        hint="What people get. You can leave it empty."
        error={problems.description}
        defaultValue={value("description")}
      />
      <Choice
        label="What it opens"
        name="experiences"
        hint={note ?? "Live streams and replays of these experiences."}
        several
        defaultValue={chosen}
        error={problems.experiences}
        options={experiences.map(({ id, name }) => ({ value: id, label: <Bidi>{name}</Bidi> }))}
      />
      <Choice
        label="How long it lasts"
        name="term"
        defaultValue={value("term") ?? "open"}
        error={problems.term}
        options={[
          { value: "open", label: "Without an end", hint: "Until you take it back." },
          { value: "days", label: "Some days", hint: "Counted from when each person gets it." },
          {
            value: "months",
            label: "Some months",
            hint: "From when each person gets it to the same day, months later.",
          },
          { value: "until", label: "Until a date", hint: "The same end for everybody." },
        ]}
      />
      <div data-term="days">
        <TextField
          label="Number of days"
          name="days"
          inputMode="numeric"
          error={problems.days}
          defaultValue={value("days")}
        />
      </div>
      <div data-term="months">
        <TextField
          label="Number of months"
          name="months"
          inputMode="numeric"
          hint="Who gets it on 31 January for one month has it to the last day of February."
          error={problems.months}
          defaultValue={value("months")}
        />
      </div>
      <div className="form-line" data-term="until">
        <TextField
          label="Last day"
          name="untilDate"
          type="date"
          hint="It is good on this day, too."
          error={problems.untilDate}
          defaultValue={value("untilDate")}
        />
        <TextField
          label="At"
          name="untilTime"
          type="time"
          hint="Empty means the end of that day."
          error={problems.untilTime}
          defaultValue={value("untilTime")}
        />
      </div>
      <Choice
        label="When it ends during a stream"
        name="atExpiry"
        defaultValue={value("atExpiry") ?? "finish"}
        error={problems.atExpiry}
        options={[
          {
            value: "finish",
            label: "Let them finish",
            hint: "Who held it when the stream really began stays to that stream's end.",
          },
          {
            value: "cut",
            label: "End it on time",
            hint: "The picture stops at the very moment, also in the middle of a stream.",
          },
        ]}
      />
      <div className="form-line">
        <TextField
          label="Price"
          name="price"
          inputMode="decimal"
          hint="Empty is free. With a price, people ask you."
          error={problems.price}
          defaultValue={value("price")}
          autoComplete="off"
        />
        <SelectField
          label="Currency"
          name="currency"
          hint="Of the price."
          error={problems.currency}
          defaultValue={value("currency") ?? currencies[0]}
        >
          {currencies.map((code) => (
            <option key={code}>{code}</option>
          ))}
        </SelectField>
      </div>
      <TextField
        label="Seats"
        name="stock"
        inputMode="numeric"
        hint="How many people may hold it at once. Empty is as many as want to."
        error={problems.stock}
        defaultValue={value("stock")}
        autoComplete="off"
      />
      <TextField
        label="Devices at once"
        name="devices"
        inputMode="numeric"
        hint={`On how many devices one person can watch at the same time. Empty is ${usualDevices}.`}
        error={problems.devices}
        defaultValue={value("devices")}
        autoComplete="off"
      />
      <div className="form-line">
        <TextField
          label="People get it from"
          name="saleStartDate"
          type="date"
          hint="Empty is from now on."
          error={problems.saleStartDate}
          defaultValue={value("saleStartDate")}
        />
        <TextField
          label="From, at"
          name="saleStartTime"
          type="time"
          hint="Empty is when the day begins."
          error={problems.saleStartTime}
          defaultValue={value("saleStartTime")}
        />
      </div>
      <div className="form-line">
        <TextField
          label="Until"
          name="saleEndDate"
          type="date"
          hint="Empty is without an end."
          error={problems.saleEndDate}
          defaultValue={value("saleEndDate")}
        />
        <TextField
          label="Until, at"
          name="saleEndTime"
          type="time"
          hint="Empty is when the day ends."
          error={problems.saleEndTime}
          defaultValue={value("saleEndTime")}
        />
      </div>
      <div>
        <TextField
          label="Time zone of this pass"
          name="timeZone"
          list="zones-of-a-pass"
          autoComplete="off"
          hint="All its dates, times and months are on the clocks there. Such as Europe/Berlin."
          error={problems.timeZone}
          defaultValue={value("timeZone")}
        />
        <datalist id="zones-of-a-pass">
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <Choice
        label="Whether people can get it"
        name="onSale"
        defaultValue={value("onSale") ?? "yes"}
        error={problems.onSale}
        options={[
          { value: "yes", label: "On", hint: "In the time above." },
          {
            value: "no",
            label: "Off",
            hint: "Nobody gets it until you switch it on. You can still give it.",
          },
        ]}
      />
    </>
  );
}
