// A row of buttons of which one is pressed.

interface Props<T extends string | number> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly name: string }[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}

export function Segmented<T extends string | number>({ label, options, chosen, onChoose }: Props<T>) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map(({ value, name }) => (
        <button type="button" key={value} aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {name}
        </button>
      ))}
    </div>
  );
}
